// SPDX-License-Identifier: MIT
/*
 * PL011 and PL031. Arm DDI 0183, "PL011 Technical Reference Manual", chapter 3; DDI 0224, "PL031
 * Technical Reference Manual", chapter 3. On QEMU's virt machine they are INTIDs 33 and 34.
 *
 * Not checked: loopback and the FIFO levels, which QEMU's model has not; the revision in
 * PeriphID2; the PL011's baud rate, as the line is not real.
 */
#include "access.h"
#include "barrier.h"
#include "check.h"
#include "core.h"
#include "gic.h"
#include "pl011.h"
#include "wait.h"

const char guest_name[] = "devices";

#define UART_INTID	33
#define UARTRSR		0x004
#define UARTIFLS	0x034
#define UARTRIS		0x03c
#define UARTMIS		0x040
#define UARTDMACR	0x048
#define UART_TX		BIT(5)	/* in IMSC, RIS, MIS, ICR: transmit */

#define RTC_BASE	U64(0x09010000)
#define RTC_INTID	34
#define RTCDR		0x00	/* seconds */
#define RTCMR		0x04	/* match */
#define RTCLR		0x08	/* load */
#define RTCCR		0x0c	/* control: 1 running */
#define RTCIMSC		0x10
#define RTCRIS		0x14
#define RTCMIS		0x18
#define RTCICR		0x1c
#define RTCPERIPHID0	0xfe0

#define SECOND_US	1000000

static uint32_t uart_read(uint64_t offset)
{
	return mmio_read32(UART_BASE + offset);
}

static void uart_write(uint64_t offset, uint32_t value)
{
	mmio_write32(UART_BASE + offset, value);
}

static uint32_t rtc_read(uint64_t offset)
{
	return mmio_read32(RTC_BASE + offset);
}

static void rtc_write(uint64_t offset, uint32_t value)
{
	mmio_write32(RTC_BASE + offset, value);
}

/* The console sends by polling, without its FIFOs. Both devices' interrupts are level-sensitive. */
void check_setup(void)
{
	gic_reset();
	gicd_write(GICD_ICFGR(2), 0xaaaaaaaa & ~(3U << 2 | 3U << 4));
	uart_write(UARTIMSC, 0);
	uart_write(UARTICR, UARTICR_ALL);
	uart_write(UARTLCR_H, UARTLCR_H_WLEN_8);
	uart_write(UARTCR, UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE);
	rtc_write(RTCIMSC, 0);
	rtc_write(RTCICR, 1);
}

/* The byte that the four or more ID registers from `offset` on make, in turn. */
static uint32_t id_of(uint64_t base, uint64_t offset)
{
	uint32_t id = 0;

	for (unsigned int n = 0; n < 4; n++)
		id |= (mmio_read32(base + offset + 4 * n) & 0xff) << 8 * n;
	return id;
}

CHECK("pl011.id.part_is_011")
{
	/* PartNumber 0x011, Designer 0x41; bits 23 to 20 are the revision. */
	expect_equal("PeriphID", id_of(UART_BASE, UARTPERIPHID0) & 0xff0fffff, 0x00041011);
}

CHECK("pl011.id.is_a_primecell")
{
	expect_equal("PCellID", id_of(UART_BASE, UARTPCELLID0), 0xb105f00d);
}

CHECK("pl011.id.is_read_only")
{
	uart_write(UARTPERIPHID0, 0);
	uart_write(UARTPCELLID0, 0);
	expect_equal("PeriphID0", uart_read(UARTPERIPHID0) & 0xff, 0x11);
	expect_equal("PCellID0", uart_read(UARTPCELLID0) & 0xff, 0x0d);
}

static bool has_sent(void *unused)
{
	(void)unused;
	return (uart_read(UARTFR) & (UARTFR_TXFE | UARTFR_BUSY)) == UARTFR_TXFE;
}

CHECK("pl011.fr.transmitter_gets_idle")
{
	expect_true("TXFE and not BUSY", wait_for(has_sent, 0, 10 * EFFECT_US));
	expect_equal("TXFF", uart_read(UARTFR) & UARTFR_TXFF, 0);
}

CHECK("pl011.fr.nothing_received")
{
	expect_equal("RXFE", uart_read(UARTFR) & UARTFR_RXFE, UARTFR_RXFE);
	expect_equal("RXFF", uart_read(UARTFR) & UARTFR_RXFF, 0);
}

CHECK("pl011.fr.is_read_only")
{
	uint32_t flags;

	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	flags = uart_read(UARTFR);
	uart_write(UARTFR, ~flags);
	expect_equal("FR", uart_read(UARTFR), flags);
}

CHECK("pl011.access.16_bits")
{
	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	expect_equal("FR", access_read16(UART_BASE + UARTFR), uart_read(UARTFR) & 0xffff);
	access_write16(UART_BASE + UARTIBRD, 0x1234);
	expect_equal("IBRD", uart_read(UARTIBRD), 0x1234);
}

CHECK("pl011.ibrd.has_16_bits")
{
	uart_write(UARTIBRD, 0xa5c3);
	expect_equal("IBRD", uart_read(UARTIBRD) & 0xffff, 0xa5c3);
}

CHECK("pl011.fbrd.has_6_bits")
{
	uart_write(UARTFBRD, 0x2a);
	expect_equal("FBRD", uart_read(UARTFBRD) & 0x3f, 0x2a);
}

CHECK("pl011.lcr_h.reads_back")
{
	uart_write(UARTLCR_H, UARTLCR_H_WLEN_8 | UARTLCR_H_FEN);
	expect_equal("LCR_H", uart_read(UARTLCR_H) & 0xff, UARTLCR_H_WLEN_8 | UARTLCR_H_FEN);
	uart_write(UARTLCR_H, UARTLCR_H_WLEN_8);
	expect_equal("LCR_H", uart_read(UARTLCR_H) & 0xff, UARTLCR_H_WLEN_8);
}

CHECK("pl011.cr.reads_back")
{
	uart_write(UARTCR, UARTCR_UARTEN | UARTCR_TXE);
	expect_equal("CR", uart_read(UARTCR) & (UARTCR_UARTEN | UARTCR_TXE | UARTCR_RXE),
		     UARTCR_UARTEN | UARTCR_TXE);
}

CHECK("pl011.ifls.reads_back")
{
	uart_write(UARTIFLS, 0x09);
	expect_equal("IFLS", uart_read(UARTIFLS) & 0x3f, 0x09);
	uart_write(UARTIFLS, 0x12);
	expect_equal("IFLS", uart_read(UARTIFLS) & 0x3f, 0x12);
}

CHECK("pl011.rsr.no_errors")
{
	expect_equal("RSR", uart_read(UARTRSR) & 0xf, 0);
	uart_write(UARTRSR, 0xf);
	expect_equal("RSR", uart_read(UARTRSR) & 0xf, 0);
}

CHECK("pl011.dmacr.starts_at_0")
{
	expect_equal("DMACR", uart_read(UARTDMACR) & 7, 0);
}

CHECK("pl011.imsc.reads_back")
{
	uart_write(UARTIMSC, 0x7ff & ~UART_TX & ~BIT(4));
	expect_equal("IMSC", uart_read(UARTIMSC) & 0x7f0, 0x7f0 & ~UART_TX & ~BIT(4));
	uart_write(UARTIMSC, 0);
	expect_equal("IMSC", uart_read(UARTIMSC), 0);
}

CHECK("pl011.imsc.has_no_bits_above_10")
{
	uart_write(UARTIMSC, 0xfffff800);
	expect_equal("IMSC", uart_read(UARTIMSC) & 0x7ff, 0);
	uart_write(UARTIMSC, 0);
}

CHECK("pl011.ris.transmit_shows_when_a_character_went")
{
	uart_write(UARTDR, '\n');
	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	expect_equal("RIS", uart_read(UARTRIS) & UART_TX, UART_TX);
	expect_equal("MIS while masked", uart_read(UARTMIS) & UART_TX, 0);
}

CHECK("pl011.mis.is_ris_and_imsc")
{
	uart_write(UARTDR, '\n');
	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	uart_write(UARTIMSC, UART_TX);
	expect_equal("MIS", uart_read(UARTMIS), uart_read(UARTRIS) & UART_TX);
	uart_write(UARTIMSC, 0);
	expect_equal("MIS while masked", uart_read(UARTMIS), 0);
}

CHECK("pl011.icr.clears_the_transmit_interrupt")
{
	uart_write(UARTDR, '\n');
	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	uart_write(UARTICR, UART_TX);
	expect_equal("RIS", uart_read(UARTRIS) & UART_TX, 0);
}

CHECK("pl011.icr.clears_what_is_written_alone")
{
	uart_write(UARTDR, '\n');
	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	uart_write(UARTICR, UARTICR_ALL & ~UART_TX);
	expect_equal("RIS", uart_read(UARTRIS) & UART_TX, UART_TX);
}

static bool uart_is_pending(void *unused)
{
	(void)unused;
	return gic_is_pending(UART_INTID);
}

static bool uart_is_quiet(void *unused)
{
	(void)unused;
	return !gic_is_pending(UART_INTID);
}

CHECK("pl011.interrupt.line_follows_mis")
{
	uart_write(UARTDR, '\n');
	expect_true("idle", wait_for(has_sent, 0, 10 * EFFECT_US));
	expect_true("not pending while masked", !gic_is_pending(UART_INTID));
	uart_write(UARTIMSC, UART_TX);
	expect_true("pending", wait_for(uart_is_pending, 0, EFFECT_US));
	uart_write(UARTIMSC, 0);
	expect_true("not pending while masked", wait_for(uart_is_quiet, 0, EFFECT_US));
	uart_write(UARTIMSC, UART_TX);
	expect_true("pending", wait_for(uart_is_pending, 0, EFFECT_US));
	uart_write(UARTICR, UART_TX);
	expect_true("not pending when cleared", wait_for(uart_is_quiet, 0, EFFECT_US));
}

CHECK("pl011.interrupt.is_delivered_until_cleared")
{
	gic_enable(UART_INTID, PRIORITY);
	uart_write(UARTIMSC, UART_TX);
	uart_write(UARTDR, '\n');
	expect_equal("INTID", gic_acknowledge(), UART_INTID);
	gic_end(UART_INTID);
	expect_equal("again, as the line is up", gic_acknowledge(), UART_INTID);
	uart_write(UARTICR, UART_TX);
	gic_end(UART_INTID);
	expect_equal("after ICR", gic_acknowledge_now(), INTID_SPURIOUS);
}

/* First of all: no alarm has been set. */
CHECK("pl031.ris.is_0_at_reset")
{
	expect_equal("RIS", mmio_read32(RTC_BASE + RTCRIS), 0);
}

CHECK("pl031.id.part_is_031")
{
	expect_equal("PeriphID", id_of(RTC_BASE, RTCPERIPHID0) & 0xff0fffff, 0x00041031);
}

CHECK("pl031.id.is_a_primecell")
{
	expect_equal("PCellID", id_of(RTC_BASE, RTCPERIPHID0 + 0x10), 0xb105f00d);
}

CHECK("pl031.cr.runs")
{
	rtc_write(RTCCR, 1);
	expect_equal("CR", rtc_read(RTCCR) & 1, 1);
}

CHECK("pl031.mr.reads_back")
{
	rtc_write(RTCMR, 0xfedcba98);
	expect_equal("MR", rtc_read(RTCMR), 0xfedcba98);
}

CHECK("pl031.imsc.has_one_bit")
{
	rtc_write(RTCMR, rtc_read(RTCDR) - 1000);
	rtc_write(RTCIMSC, ~0U);
	expect_equal("IMSC", rtc_read(RTCIMSC), 1);
	rtc_write(RTCIMSC, 0);
	expect_equal("IMSC", rtc_read(RTCIMSC), 0);
}

CHECK("pl031.lr.sets_the_time")
{
	rtc_write(RTCLR, 1000000);
	expect_true("DR is LR or just after", rtc_read(RTCDR) - 1000000 <= 1);
	expect_equal("LR", rtc_read(RTCLR), 1000000);
}

static uint32_t start;

/* True when DR is a second or more after `start`. */
static bool one_second_passed(void *unused)
{
	uint64_t turns = 100000;

	(void)unused;
	/* Instructions cost an emulator less than a look at the time: look seldom. */
	__asm__ volatile("1: subs %0, %0, #1\n\tb.ne 1b" : "+r"(turns) :: "cc");
	return rtc_read(RTCDR) - start >= 1;
}

CHECK("pl031.dr.counts_seconds")
{
	rtc_write(RTCMR, rtc_read(RTCDR) - 1000);
	start = rtc_read(RTCDR);
	/* By polling: QEMU 8.2 with -icount may stop here in a WFI. */
	expect_true("the next second", wait_for(one_second_passed, 0, SECOND_US * 11 / 10));
	expect_equal("DR", rtc_read(RTCDR), start + 1);
}

static bool rtc_is_pending(void *unused)
{
	(void)unused;
	return gic_is_pending(RTC_INTID);
}

/* Let the match come now. A second may pass between reading DR and writing MR: then again. */
static void match_now(void)
{
	for (unsigned int n = 0; n < 3; n++) {
		rtc_write(RTCMR, rtc_read(RTCDR));
		if (wait_for(rtc_is_pending, 0, EFFECT_US))
			return;
	}
	check_fail("no interrupt although DR is equal to MR");
}

static bool rtc_is_quiet(void *unused)
{
	(void)unused;
	return !gic_is_pending(RTC_INTID);
}

CHECK("pl031.interrupt.at_the_match")
{
	rtc_write(RTCIMSC, 1);
	rtc_write(RTCMR, rtc_read(RTCDR) + 1000);
	expect_equal("RIS before", rtc_read(RTCRIS), 0);
	match_now();
	expect_equal("RIS", rtc_read(RTCRIS), 1);
	expect_equal("MIS", rtc_read(RTCMIS), 1);
	expect_at_least("DR", rtc_read(RTCDR), rtc_read(RTCMR));
	rtc_write(RTCIMSC, 0);
	expect_equal("MIS while masked", rtc_read(RTCMIS), 0);
	expect_true("not pending while masked", wait_for(rtc_is_quiet, 0, EFFECT_US));
	rtc_write(RTCICR, 1);
	expect_equal("RIS after ICR", rtc_read(RTCRIS), 0);
}

CHECK("pl031.interrupt.is_delivered")
{
	gic_enable(RTC_INTID, PRIORITY);
	rtc_write(RTCIMSC, 1);
	match_now();
	expect_equal("INTID", gic_acknowledge(), RTC_INTID);
	rtc_write(RTCICR, 1);
	gic_end(RTC_INTID);
	expect_equal("after ICR", gic_acknowledge_now(), INTID_SPURIOUS);
}
