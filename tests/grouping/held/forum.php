<?php
// SPDX-License-Identifier: Apache-2.0
// forum WAY: threads and posts of a forum; a defect for each way.
declare(strict_types=1);

class ForumError extends RuntimeException
{
}

interface Rendered
{
	public function render(int $depth): string;
}

final class Post implements Rendered
{
	public array $replies = [];

	public function __construct(public readonly int $number, public ?string $text, public ?Post $parent = null)
	{
	}

	public function render(int $depth): string
	{
		return str_repeat(' ', $depth) . strtoupper($this->text);
	}

	public function root(): Post
	{
		return $this->parent->root();
	}
}

class Forum
{
	private array $posts = [];

	public function __construct(public int $number)
	{
		$this->posts[$number] = new Post($number, "hello $number");
	}

	public function post(int $number): Post
	{
		return $this->posts[$number] ?? throw new OutOfBoundsException("post $number of forum {$this->number}");
	}

	public function add(Post $post): void
	{
		$this->allow(strlen((string) $post->text) < 20, 'too long a post');
		$this->posts[$post->number] = $post;
	}

	public function allow(bool $good, string $what): void
	{
		if (!$good)
			throw new ForumError("$what in forum {$this->number}");
	}

	public function close(int $days): void
	{
		$this->allow($days > 30, "closed after $days days");
		$this->posts = [];
	}

	public function mean(int $users): int
	{
		return intdiv(count($this->posts), $users);
	}

	public function all(): array
	{
		return $this->posts;
	}
}

function quoted(Forum $forum): string
{
	return $forum->post($forum->number + 1)->render(2);
}

function rendered(Forum $forum): string
{
	$forum->add(new Post(1, null));
	return implode('', array_map(fn (Rendered $post) => $post->render(1), $forum->all()));
}

function rooted(Forum $forum): int
{
	return (new Post(2, 'reply', $forum->post($forum->number)))->root()->number;
}

function flooded(Forum $forum): void
{
	$forum->add(new Post(3, str_repeat('spam ', 5 + $forum->number % 20)));
}

function closed(Forum $forum): void
{
	$forum->close($forum->number % 30);
}

function averaged(Forum $forum): int
{
	return $forum->mean(4) + $forum->mean(0);
}

function edited(Forum $forum): void
{
	$forum->post($forum->number)->number = 7;
}

function archived(Forum $forum): int
{
	try {
		$file = new SplFileObject("/tmp/forum-{$forum->number}/archive");
	} catch (RuntimeException $error) {
		throw new ForumError("archive {$forum->number} is not there", 5, $error);
	}
	return $file->getSize();
}

function voted(Forum $forum): int
{
	$votes = match ($forum->number % 2 + 3) {
		1 => 'up',
		2 => 'down',
	};
	return strlen($votes);
}

function banned(Forum $forum): never
{
	fprintf(STDERR, "forum: user %d is banned for %d days\n", $forum->number, $forum->number % 90);
	exit(7);
}

$argv[1](new Forum(getmypid()));
