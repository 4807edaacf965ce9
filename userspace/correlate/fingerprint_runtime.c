/* SPDX-License-Identifier: Apache-2.0 */
/* Frames that are nobody's own code: of the C library, of standard libraries and runtimes. */
#include <ctype.h>
#include <string.h>

#include "correlate/fingerprint_name.h"

/* Whether text is a name of the table, or begins with one that ends in a separator. */
static bool is_one_of(const char *text, const char *const *table)
{
	for (; *table; table++) {
		size_t len;

		if (text[0] != (*table)[0])
			continue;
		len = strlen(*table);
		if (strncmp(text, *table, len) == 0 &&
			(text[len] == '\0' || strchr("_:./ ", (*table)[len - 1])))
			return true;
	}
	return false;
}

/* The call operator of a lambda, or what makes a pointer to a function of it: its number and namespace depend
 * on the compiler, its caller tells where it is. */
static bool is_lambda(const char *function)
{
	static const char *const names[] = {"operator()", "_FUN", "__invoke"};
	size_t len = strlen(function), name = 0;
	const char *scope;

	if (len > 2 && strcmp(function + len - 2, "<>") == 0)
		len -= 2;
	for (unsigned n = 0; !name && n < sizeof(names) / sizeof(*names); n++)
		if (len >= strlen(names[n]) &&
			strncmp(function + len - strlen(names[n]), names[n], strlen(names[n])) == 0)
			name = strlen(names[n]);
	if (!name)
		return false;
	for (scope = function + len - name; scope > function && memcmp(scope, "::", 2) != 0;)
		scope--;
	if (scope == function)
		return len == name;
	while (scope > function && scope[-1] != ':')
		scope--;
	return strncmp(scope, "{lambda", 7) == 0 || strncmp(scope, "<lambda", 7) == 0 ||
	       strncmp(scope, "'lambda", 7) == 0 || scope[0] == '$';
}

/* What the C library of a static program has for the names that it is called by, where no source file says
 * otherwise. */
static bool is_c_function(const char *function)
{
	static const char *const functions[] = {"abort", "aligned_alloc", "asprintf", "atexit", "atof",
		"atoi", "atol", "bsearch", "calloc", "exit", "fclose", "fflush", "fgetc", "fgets", "fopen",
		"fprintf", "fputc", "fputs", "fread", "free", "freeaddrinfo", "fscanf", "fwrite",
		"getaddrinfo", "getc", "getenv", "longjmp", "malloc", "memchr", "memcmp", "memcpy", "memmem",
		"memmove", "mempcpy", "memset", "mktime", "munmap", "posix_memalign", "printf",
		"pthread_cond_wait", "pthread_create", "pthread_exit", "pthread_join", "pthread_kill",
		"pthread_mutex_lock", "pthread_mutex_unlock", "pthread_once", "putc", "puts", "qsort",
		"qsort_r", "raise", "realloc", "reallocarray", "regcomp", "regexec", "setenv", "siglongjmp",
		"snprintf", "sprintf", "sscanf", "stpcpy", "strcasecmp", "strcat", "strchr", "strcmp",
		"strcpy", "strcspn", "strdup", "strftime", "strlen", "strncasecmp", "strncat", "strncmp",
		"strncpy", "strndup", "strnlen", "strpbrk", "strrchr", "strsep", "strspn", "strstr", "strtod",
		"strtok", "strtok_r", "strtol", "strtoul", "strtoull", "syslog", "tdelete", "tdestroy",
		"tfind", "tsearch", "twalk", "ungetc", "vasprintf", "vfprintf", "vprintf", "vsnprintf",
		"vsprintf", "wcscmp", "wcscpy", "wcslen", NULL};

	for (unsigned n = 0; functions[n]; n++)
		if (strcmp(functions[n], function) == 0)
			return true;
	return false;
}

/* Code of the system's headers, and names that the standards of C and C++ keep for the implementation, where
 * no source file says otherwise. */
static bool is_system(const char *function, const char *file)
{
	if (file[0])
		return strstr(file, "/usr/include/") || strstr(file, "/include/c++/");
	return is_c_function(function) ||
	       (function[0] == '_' && (function[1] == '_' || isupper((unsigned char)function[1])));
}

/* A trait of the program's own, for a type of Rust's library: "<alloc::vec::Vec<T> as shop::Total>::total".
 */
static bool is_own_trait(const char *function)
{
	static const char *const crates[] = {"core::", "std::", "alloc::", NULL};
	unsigned depth = 0;

	for (const char *at = function; function[0] == '<' && *at; at++) {
		if (depth == 1 && strncmp(at, " as ", 4) == 0)
			return !is_one_of(at + 4, crates);
		if (*at == '<')
			depth++;
		else if (*at == '>' && at[-1] != '-' && --depth == 0)
			return false;
	}
	return false;
}

bool is_runtime_module(const char *module)
{
	static const char *const modules[] = {"libc", "libpthread", "ld", "libgcc_s", "libstdc++", "libc++",
		"libc++abi", "[vdso]", "libasan", "libubsan", "libtsan", "liblsan", NULL};

	/* ld-linux-x86-64.so.2, ld-musl-x86_64.so.1, ld-2.31.so */
	return is_one_of(module, modules) || strncmp(module, "ld-", 3) == 0;
}

bool is_runtime_frame(const char *module, const char *function, const char *file)
{
	/* In a static program they are in a module of its own. */
	static const char *const functions[] = {"_start", "start_thread", "clone", "clone3", "abort", "raise",
		"gsignal", "pthread_kill", "memcpy", "memmove", "memset", "strlen", "free", "_int_free",
		"malloc", "_int_malloc", "malloc_printerr", "malloc_consolidate", "calloc", "realloc",
		"qsort", "qsort_r", "msort_with_tmp", "operator new", "operator delete",
		"execute_native_thread_routine",
		"std::", "__gnu_cxx::", "__cxxabiv1::", "__sanitizer::", "__asan::", "runtime.", "rust_panic",
		"rust_begin_unwind",
		"core::", "alloc::", "<alloc::", "<core::", "<std::", "<&dyn core::", NULL};

	return is_runtime_module(module) || (is_one_of(function, functions) && !is_own_trait(function)) ||
	       is_system(function, file) || is_lambda(function);
}

bool is_common_frame(const char *function)
{
	static const char *const functions[] = {"main", "main.main", "g_main_loop_run",
		"g_main_context_dispatch", "g_main_context_iteration", "g_main_dispatch", "g_application_run",
		"gtk_main", "uv_run", "uv__io_poll", "uv__stream_io", "node::SpinEventLoop",
		"event_base_loop", "event_process_active", "ev_run", "ev_invoke_pending",
		"QCoreApplication::exec", "QEventLoop::exec", "QCoreApplication::notifyInternal2",
		"boost::asio::", "tokio::runtime::", "PyEval_EvalCode", "_PyEval_EvalFrameDefault",
		"_PyFunction_Vectorcall", "PyObject_Call", "Py_RunMain", "rb_vm_exec", "vm_exec_core",
		"rb_ensure", "execute_ex", "zend_execute", "Perl_runops_standard", "perl_run",
		"JavaCalls::call", "lua_pcallk", "luaV_execute", NULL};

	return is_one_of(function, functions);
}

bool is_library_frame(const char *function, const char *file)
{
	static const char *const files[] = {
		"/usr/lib/python3/", "/usr/lib/ruby/", "<internal:", "<frozen ", "node:", NULL};
	static const char *const functions[] = {"java.", "javax.", "jdk.", "sun.", "kotlin.", "scala.",
		"System.", "Microsoft.", "runtime.", "panic", "core::", "std::", "alloc::", "<core::",
		"<std::", "<alloc::", "<&dyn core::", "__sanitizer::", "__interceptor_", "__libc_", "_start",
		"<listcomp>", "<setcomp>", "<dictcomp>", /* newer ones of Python have no frame */
		NULL};
	static const char *const wrappers[] = {".gowrap", ".deferwrap", NULL};

	for (unsigned n = 0; wrappers[n]; n++)
		if (strstr(function, wrappers[n]))
			return true;
	if (strstr(file, "/site-packages/") || strstr(file, "/dist-packages/"))
		return false;
	return is_one_of(file, files) || strstr(file, "/lib/python3.") ||
	       (is_one_of(function, functions) && !is_own_trait(function));
}
