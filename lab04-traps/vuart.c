// SPDX-License-Identifier: MIT
#include "vuart.h"

#include "aperture.h"
#include "pl011.h"
#include "printf.h"
#include "say.h"

#define VUART_LINE	120

/*
 * Collects the characters of a VM and prints whole lines, so that the output of
 * several VMs does not mix. Each line starts with the VM's name, so that none can
 * pass for output of EL2.
 */
struct vuart {
	const struct vm *vm;
	uint32_t regs[UARTIMSC / 4 + 1];	/* read back as written */
	unsigned int length;
	char line[VUART_LINE];
};

static struct vuart vuarts[VM_MAX];

static void print_line(struct vuart *uart)
{
	printf("[vm%u%s] %.*s\n", uart->vm->id, nonce_text(), (int)uart->length,
	       uart->line);
	uart->length = 0;
}

/* A guest must not control the user's terminal. */
static bool printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* A control character, or one that the line is too long for. noinline keeps send() small. */
__attribute__((noinline))
static void send_rare(struct vuart *uart, char c)
{
	if (c == '\r')
		return;
	if (c == '\n' || uart->length == VUART_LINE)
		print_line(uart);
	if (c != '\n')
		uart->line[uart->length++] = printable(c) ? c : '?';
}

static void send(struct vuart *uart, char c)
{
	if (printable(c) && uart->length < VUART_LINE)
		uart->line[uart->length++] = c;
	else
		send_rare(uart, c);
}

static uint64_t vuart_read(void *device, uint64_t offset, unsigned int size)
{
	/* The identification of a PL011 r1p5: UARTPeriphID0-3, UARTPCellID0-3. */
	static const uint8_t id[] = { 0x11, 0x10, 0x34, 0x00,
				      0x0d, 0xf0, 0x05, 0xb1 };
	struct vuart *uart = device;

	(void)size;
	if (offset == UARTFR)
		return UARTFR_TXFE | UARTFR_RXFE;
	if (offset >= UARTPERIPHID0 && offset % 4 == 0)
		return id[(offset - UARTPERIPHID0) / 4];
	if (offset >= UARTIBRD && offset <= UARTIMSC && offset % 4 == 0)
		return uart->regs[offset / 4];
	return 0;	/* nothing received, no interrupt, or reserved */
}

static void vuart_write(void *device, uint64_t offset, unsigned int size,
			uint64_t value)
{
	struct vuart *uart = device;

	(void)size;
	if (offset == UARTDR)
		send(uart, value);
	else if (offset >= UARTIBRD && offset <= UARTIMSC && offset % 4 == 0)
		uart->regs[offset / 4] = value;
}

static const struct aperture_ops vuart_ops = {
	.read = vuart_read,
	.write = vuart_write,
};

int vuart_create(struct vm *vm)
{
	struct vuart *uart = &vuarts[vm->id];
	struct aperture aperture = {
		.ipa = VUART_IPA,
		.size = VUART_SIZE,
		.ops = &vuart_ops,
		.device = uart,
	};

	*uart = (struct vuart){ .vm = vm };
	uart->regs[UARTCR / 4] = UARTCR_RXE | UARTCR_TXE;	/* its reset value */
	return aperture_add(vm, &aperture);
}

void vuart_flush(struct vm *vm)
{
	if (vuarts[vm->id].length)
		print_line(&vuarts[vm->id]);
}
