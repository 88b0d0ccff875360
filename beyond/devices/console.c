// SPDX-License-Identifier: MIT
#include "console.h"

#include "device.h"
#include "error.h"
#include "guest.h"
#include "printf.h"
#include "say.h"
#include "terminal.h"
#include "vuart.h"

/* With the lock: the interrupt line follows UARTMIS. */
static void update_line(struct guest *guest)
{
	struct console *console = &guest->console;
	bool up = console->ris & console->regs[UARTIMSC / 4];

	if (up == console->line_up)
		return;
	console->line_up = up;
	gic_set_line(guest, console->intid, up);
}

static void print_line(struct guest *guest)
{
	struct console *console = &guest->console;

	terminal_lock();
	printf("[vm%u%s] %.*s\n", guest->vm.id, nonce_text(), (int)console->length,
	       console->line);
	terminal_unlock();
	console->length = 0;
}

/* A guest must not control the user's terminal. */
static bool printable(char c)
{
	return c >= ' ' && c <= '~';
}

/* A control character, or one that the line is too long for. noinline keeps send() small. */
__attribute__((noinline))
static void send_rare(struct guest *guest, char c)
{
	struct console *console = &guest->console;

	if (c == '\r')
		return;
	if (c == '\n' || console->length == CONSOLE_LINE)
		print_line(guest);
	if (c == '\t')
		c = ' ';
	if (c != '\n')
		console->line[console->length++] = printable(c) ? c : '?';
}

static void send(struct guest *guest, char c)
{
	struct console *console = &guest->console;

	if (CONFIG_INTERACTIVE && terminal_is_of(guest))
		terminal_show(c);
	else if (printable(c) && console->length < CONSOLE_LINE)
		console->line[console->length++] = c;
	else
		send_rare(guest, c);
	console->ris |= UARTINT_TX;	/* it went out, and the FIFO is empty again */
}

static uint32_t receive(struct guest *guest)
{
	struct console *console = &guest->console;
	uint32_t c = (uint8_t)console->fifo[console->first];

	if (!console->received)
		return 0;
	console->first = (console->first + 1) % CONSOLE_FIFO;
	if (!--console->received)
		console->ris &= ~(UARTINT_RX | UARTINT_RT);
	terminal_listen(guest, true);
	return c;
}

static uint32_t flags(const struct console *console)
{
	return UARTFR_TXFE | (console->received ? 0 : UARTFR_RXFE) |
	       (console->received == CONSOLE_FIFO ? UARTFR_RXFF : 0);
}

static uint32_t read_id(uint64_t offset)
{
	/* A PL011 r1p5: UARTPeriphID0-3, UARTPCellID0-3. */
	static const uint8_t id[] = { 0x11, 0x10, 0x34, 0x00,
				      0x0d, 0xf0, 0x05, 0xb1 };

	return offset % 4 ? 0 : id[(offset - UARTPERIPHID0) / 4];
}

static bool reads_back(uint64_t offset)
{
	return offset >= UARTIBRD && offset <= UARTIMSC && offset % 4 == 0;
}

static uint64_t read_register(struct guest *guest, uint64_t offset)
{
	struct console *console = &guest->console;

	if (offset >= UARTPERIPHID0)
		return read_id(offset);
	if (reads_back(offset))
		return console->regs[offset / 4];
	switch (offset) {
	case UARTDR:
		return receive(guest);
	case UARTFR:
		return flags(console);
	case UARTRIS:
		return console->ris;
	case UARTMIS:
		return console->ris & console->regs[UARTIMSC / 4];
	default:
		return 0;	/* no errors, no DMA; or reserved */
	}
}

/* Bits that the registers of regs[] have. */
static uint32_t mask(uint64_t offset)
{
	switch (offset) {
	case UARTIBRD:	return 0xffff;
	case UARTFBRD:	return 0x3f;
	case UARTLCR_H:	return 0xff;
	case UARTCR:	return 0xff87;
	case UARTIFLS:	return 0x3f;
	default:	return UARTICR_ALL;	/* UARTIMSC */
	}
}

static void write_register(struct guest *guest, uint64_t offset, uint32_t value)
{
	struct console *console = &guest->console;

	if (offset == UARTDR)
		send(guest, value);
	else if (offset == UARTICR)
		console->ris &= ~value;
	else if (reads_back(offset))
		console->regs[offset / 4] = value & mask(offset);
}

static uint64_t console_read(void *device, uint64_t offset, unsigned int size)
{
	struct guest *guest = device;
	uint64_t value;

	(void)size;
	lock_take(&guest->console.lock);
	value = read_register(guest, offset);
	update_line(guest);
	lock_release(&guest->console.lock);
	return value;
}

static void console_write(void *device, uint64_t offset, unsigned int size, uint64_t value)
{
	struct guest *guest = device;

	(void)size;
	lock_take(&guest->console.lock);
	write_register(guest, offset, value);
	update_line(guest);
	lock_release(&guest->console.lock);
}

static const struct aperture_ops console_ops = {
	.read = console_read,
	.write = console_write,
};

void console_reset(struct guest *guest)
{
	struct console *console = &guest->console;

	*console = (struct console){
		.lock = LOCK_INIT(LOCK_DEVICE),
		.exists = console->exists,
		.intid = console->intid,
	};
	console->regs[UARTCR / 4] = UARTCR_RXE | UARTCR_TXE;
	console->regs[UARTIFLS / 4] = 0x12;	/* both FIFOs half full */
}

int console_create(struct guest *guest, const struct fdt *fdt, uint32_t node)
{
	struct console *console = &guest->console;

	if (console->exists)
		return E_EXISTS;
	console->exists = true;
	console_reset(guest);
	return device_create(guest, fdt, node, &console_ops, &console->intid);
}

void console_receive(struct guest *guest, char c)
{
	struct console *console = &guest->console;

	if (!console->exists)
		return;
	lock_take(&console->lock);
	if (console->received == CONSOLE_FIFO) {
		console->ris |= UARTINT_OE;
	} else {
		console->fifo[(console->first + console->received++) % CONSOLE_FIFO] = c;
		console->ris |= UARTINT_RX;
		if (console->received == CONSOLE_FIFO)
			terminal_listen(guest, false);
	}
	update_line(guest);
	lock_release(&console->lock);
}

void vuart_flush(struct vm *vm)
{
	struct guest *guest = guest_of(vm);

	if (!guest->console.exists)
		return;
	lock_take(&guest->console.lock);
	if (guest->console.length)
		print_line(guest);
	lock_release(&guest->console.lock);
}
