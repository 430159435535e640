/* Keys pressed on a telephone, heard in its sound: a detector of the tone pairs of ITU-T Q.23 by the limits of Q.24. Pure: no
 * library, no clock, no thread. */
#ifndef PARKDECK_DTMF_H
#define PARKDECK_DTMF_H

typedef struct parkdeck_dtmf parkdeck_dtmf;

/* For sound at `rate` samples per second, from 8000 to 16000. NULL: no memory, or no such rate. Freed with free(). */
parkdeck_dtmf *parkdeck_dtmf_new(int rate);

/* Hear `count` samples. The keys told by them go to `keys`, at most `room` of them; returns how many. */
int parkdeck_dtmf_hear(parkdeck_dtmf *ear, const short *samples, int count, char *keys, int room);

#endif
