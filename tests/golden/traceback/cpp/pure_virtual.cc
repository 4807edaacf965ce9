// SPDX-License-Identifier: Apache-2.0
struct base {
	base()
	{
		call();
	}
	void call()
	{
		f();
	}
	virtual void f() = 0;
	virtual ~base()
	{
	}
};
struct derived : base {
	void f() override
	{
	}
};
int main()
{
	derived d;
}
