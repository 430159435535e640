/* The detector. Every 5 ms the last 20 ms are looked at under a Hann window, at the eight frequencies:
 *
 *   which    the strongest of each group; a tone away from its frequency is measured there by how far its phase has turned
 *            since the look before, and weighed as if it stood on it.
 *   pure     the two tones are nearly all the sound there is. A window that the pair fills by less than two thirds is impure as
 *            well, so that purity also tells the length.
 *   fitting  both near their frequencies, loud enough, and neither much louder than the other (twist).
 *
 * A key is told when it has been there for five looks on end: pairs from 35 ms on always, pairs up to 26 ms never. It is let go
 * after six looks without it: a gap of 10 ms is none, one of 30 ms is. Speech has pairs of tones as well, but seldom nothing
 * else, and for so long that are so true. */
#include "dtmf.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))

#define LOOKS_PER_SECOND  200
#define STEPS             4 /* looks in a window */
#define LONGEST           (16000 / LOOKS_PER_SECOND * STEPS)
#define GROUP             4
#define TONES             (2 * GROUP)
#define LOOKS_TO_TELL     5
#define LOOKS_TO_LET_GO   6
#define PUREST            1.25f  /* more than all the sound: the correction for a wrong frequency has run away */
#define PURE              0.87f  /* power of the two tones in the whole: noise 8 dB below them is let pass */
#define OFF               0.022f /* Q.24: 1.5 % is right, 3.5 % is wrong */
#define LOW_LOUDER        10.f   /* power, 10 dB: Q.24 wants 8 */
#define HIGH_LOUDER       4.f    /* power, 6 dB: Q.24 wants 4 */
#define QUIETEST          1e5f   /* power of the weaker tone, -34 dBm0 in 16 bits: Q.24 wants -25, never -55 */

static const float frequencies[TONES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
static const char keypad[GROUP][GROUP + 1] = {"123A", "456B", "789C", "*0#D"};

struct parkdeck_dtmf {
    int step, window;
    int filled;                       /* samples of `sound` that are there */
    float weight[LONGEST], weights;   /* Hann, and its sum */
    float real[TONES][LONGEST], imaginary[TONES][LONGEST];
    float complex turn[TONES];        /* how far a tone on its frequency turns in a step, backwards */
    float complex last[TONES];        /* what the look before has seen */
    float sound[LONGEST];
    char seen, told;                  /* the key of this look and of those before it; the key that was told and is still held */
    int looks, misses;
};

EXPORT parkdeck_dtmf *parkdeck_dtmf_new(int rate)
{
    parkdeck_dtmf *ear = rate >= 8000 && rate <= 16000 && rate % LOOKS_PER_SECOND == 0 ? calloc(1, sizeof *ear) : NULL;

    if (!ear)
        return NULL;
    ear->step = rate / LOOKS_PER_SECOND;
    ear->window = ear->step * STEPS;
    for (int i = 0; i < ear->window; i++) {
        ear->weight[i] = (float)(0.5 - 0.5 * cos(2 * M_PI * (i + 0.5) / ear->window));
        ear->weights += ear->weight[i];
    }
    for (int tone = 0; tone < TONES; tone++) {
        double angle = 2 * M_PI * frequencies[tone] / rate;

        ear->turn[tone] = (float complex)cexp(-I * angle * ear->step);
        for (int i = 0; i < ear->window; i++) {
            ear->real[tone][i] = (float)cos(angle * i) * ear->weight[i];
            ear->imaginary[tone][i] = (float)-sin(angle * i) * ear->weight[i];
        }
    }
    return ear;
}

/* Mean power of the whole, under the window. */
static float power_of(const parkdeck_dtmf *ear)
{
    float sum = 0;

    for (int i = 0; i < ear->window; i++)
        sum += ear->weight[i] * ear->sound[i] * ear->sound[i];
    return sum / ear->weights;
}

static float complex tone_of(const parkdeck_dtmf *ear, int tone)
{
    float real = 0, imaginary = 0;

    for (int i = 0; i < ear->window; i++) {
        real += ear->real[tone][i] * ear->sound[i];
        imaginary += ear->imaginary[tone][i] * ear->sound[i];
    }
    return real + I * imaginary;
}

/* What is left of the amplitude of a tone that is `cycles` off in the length of a window: the Hann window's own spectrum. */
static float left_of(float cycles)
{
    float x = fabsf(cycles);

    if (x < 1e-3f)
        return 1;
    return fabsf(sinf((float)M_PI * x) / ((float)M_PI * x * (1 - x * x)));
}

/* The power of a tone, at its own frequency; 0 when that is too far from the nominal one. */
static float measure(const parkdeck_dtmf *ear, int tone, float complex seen)
{
    float turned = cargf(seen * conjf(ear->last[tone]) * ear->turn[tone]);
    float off = turned / (2 * (float)M_PI) * LOOKS_PER_SECOND; /* Hz */
    float amplitude;

    if (fabsf(off) > OFF * frequencies[tone])
        return 0;
    amplitude = cabsf(seen) / ear->weights / left_of(off * STEPS / LOOKS_PER_SECOND);
    return 2 * amplitude * amplitude;
}

static int strongest(const float complex seen[TONES], int first)
{
    int found = first;

    for (int tone = first + 1; tone < first + GROUP; tone++)
        if (cabsf(seen[tone]) > cabsf(seen[found]))
            found = tone;
    return found;
}

/* The key whose tones these 20 ms are, or 0. */
static char look(parkdeck_dtmf *ear)
{
    float complex seen[TONES];
    float low, high, whole = power_of(ear);
    int row, column;

    for (int tone = 0; tone < TONES; tone++)
        seen[tone] = tone_of(ear, tone);
    row = strongest(seen, 0);
    column = strongest(seen, GROUP);
    low = measure(ear, row, seen[row]);
    high = measure(ear, column, seen[column]);
    memcpy(ear->last, seen, sizeof seen);
    if (low < QUIETEST || high < QUIETEST || low > LOW_LOUDER * high || high > HIGH_LOUDER * low ||
        low + high < PURE * whole || low + high > PUREST * whole)
        return 0;
    return keypad[row][column - GROUP];
}

/* The key that is told by this look, or 0. */
static char judge(parkdeck_dtmf *ear, char key)
{
    ear->looks = key && key == ear->seen ? ear->looks + 1 : 1;
    ear->seen = key;
    ear->misses = key && key == ear->told ? 0 : ear->misses + 1;
    if (ear->misses >= LOOKS_TO_LET_GO)
        ear->told = 0;
    if (!key || key == ear->told || ear->looks < LOOKS_TO_TELL)
        return 0;
    ear->misses = 0;
    return ear->told = key;
}

EXPORT int parkdeck_dtmf_hear(parkdeck_dtmf *ear, const short *samples, int count, char *keys, int room)
{
    int told = 0;

    for (int i = 0; i < count; i++) {
        ear->sound[ear->filled++] = samples[i];
        if (ear->filled == ear->window) {
            char key = judge(ear, look(ear));

            if (key && told < room)
                keys[told++] = key;
            ear->filled -= ear->step;
            memmove(ear->sound, ear->sound + ear->step, (size_t)ear->filled * sizeof *ear->sound);
        }
    }
    return told;
}
