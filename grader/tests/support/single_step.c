// SPDX-License-Identifier: MIT
/*
 * The first program of a Linux VM, without a C library: it steps a child through a loop by ptrace,
 * prints how many steps that took, and turns the machine off.
 */
#define SYS_WRITE	64
#define SYS_EXIT	93
#define SYS_PTRACE	117
#define SYS_KILL	129
#define SYS_REBOOT	142
#define SYS_GETPID	172
#define SYS_CLONE	220
#define SYS_WAIT4	260

#define SIGCHLD		17
#define SIGSTOP		19
#define TRACEME		0
#define SINGLESTEP	9

static long call(long number, long a, long b, long c, long d)
{
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = 0;

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x8)
			 : "memory");
	return x0;
}

static void child(void)
{
	call(SYS_PTRACE, TRACEME, 0, 0, 0);
	call(SYS_KILL, call(SYS_GETPID, 0, 0, 0, 0), SIGSTOP, 0, 0);
	__asm__ volatile("mov	x9, #1000\n"
			 "1:	subs	x9, x9, #1\n"
			 "	b.ne	1b" ::: "x9", "cc");
	call(SYS_EXIT, 0, 0, 0, 0);
}

static void print(long steps)
{
	char text[] = "steps:       \n";

	for (int at = sizeof(text) - 3; steps; steps /= 10)
		text[at--] = '0' + steps % 10;
	call(SYS_WRITE, 1, (long)text, sizeof(text) - 1, 0);
}

void _start(void)
{
	long pid = call(SYS_CLONE, SIGCHLD, 0, 0, 0), steps = 0;
	int status;

	if (!pid)
		child();
	call(SYS_WAIT4, pid, (long)&status, 0, 0);
	while ((status & 0xff) == 0x7f) {	/* stopped */
		call(SYS_PTRACE, SINGLESTEP, pid, 0, 0);
		call(SYS_WAIT4, pid, (long)&status, 0, 0);
		steps++;
	}
	print(steps);
	call(SYS_REBOOT, 0xfee1dead, 672274793, 0x4321fedc, 0);
}
