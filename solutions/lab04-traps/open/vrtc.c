// SPDX-License-Identifier: MIT
/*
 * The real-time clock of a VM. Nothing runs while the guest does not look: each access
 * first accounts for the seconds since the one before it.
 */
#include "vrtc.h"

#include "aperture.h"
#include "sysreg.h"

struct vrtc {
	uint64_t (*now)(void);
	uint64_t seconds;	/* of now(), when `time` was right */
	uint32_t time, match, load;
	bool on, mask, alarm;
};

static struct vrtc vrtcs[VM_MAX];

static uint64_t seconds_of(const struct vrtc *rtc)
{
	return rtc->now() / read_sysreg(cntfrq_el0);
}

static void catch_up(struct vrtc *rtc)
{
	uint64_t seconds = seconds_of(rtc), passed = seconds - rtc->seconds;
	/* Seconds until RTCDR becomes RTCMR: 1 to 2^32, so equal ones match after a turn. */
	uint64_t distance = U64(1) + (uint32_t)(rtc->match - rtc->time - 1);

	rtc->seconds = seconds;
	if (!rtc->on)
		return;
	rtc->time += (uint32_t)passed;
	if (passed >= distance)
		rtc->alarm = true;
}

static uint64_t vrtc_read(void *device, uint64_t offset, unsigned int size)
{
	static const uint8_t id[] = { 0x31, 0x10, 0x04, 0x00,
				      0x0d, 0xf0, 0x05, 0xb1 };
	struct vrtc *rtc = device;

	(void)size;
	catch_up(rtc);
	if (offset >= RTCPERIPHID0 && offset % 4 == 0)
		return id[(offset - RTCPERIPHID0) / 4];
	switch (offset) {
	case RTCDR:	return rtc->time;
	case RTCMR:	return rtc->match;
	case RTCLR:	return rtc->load;
	case RTCCR:	return rtc->on ? RTCCR_EN : 0;
	case RTCIMSC:	return rtc->mask ? RTC_ALARM : 0;
	case RTCRIS:	return rtc->alarm ? RTC_ALARM : 0;
	case RTCMIS:	return rtc->alarm && rtc->mask ? RTC_ALARM : 0;
	default:	return 0;
	}
}

static void vrtc_write(void *device, uint64_t offset, unsigned int size, uint64_t value)
{
	struct vrtc *rtc = device;

	(void)size;
	catch_up(rtc);
	switch (offset) {
	case RTCLR:
		rtc->load = value;
		rtc->time = value;
		break;
	case RTCMR:
		rtc->match = value;
		break;
	case RTCCR:
		rtc->on |= value & RTCCR_EN;
		return;
	case RTCIMSC:
		rtc->mask = value & RTC_ALARM;
		return;
	case RTCICR:
		rtc->alarm &= !(value & RTC_ALARM);
		return;
	default:
		return;
	}
	if (rtc->time == rtc->match)
		rtc->alarm = true;
}

static const struct aperture_ops vrtc_ops = {
	.read = vrtc_read,
	.write = vrtc_write,
};

int vrtc_create(struct vm *vm, uint64_t (*now)(void))
{
	struct vrtc *rtc = &vrtcs[vm->id];
	struct aperture aperture = {
		.ipa = VRTC_IPA,
		.size = VRTC_SIZE,
		.ops = &vrtc_ops,
		.device = rtc,
	};
	int error = aperture_add(vm, &aperture);

	if (!error)
		*rtc = (struct vrtc){ .now = now };
	return error;
}
