import type { Locator } from 'playwright';

/** As first-day trials count: seconds that a person who knows the way takes for a click, and for a key. */
const CLICK = 0.9;
const KEY = 0.09;

/** What a person does in a page. */
export interface Doing {
  click(target: Locator): Promise<void>;
  /** Into a field, which is clicked first. */
  type(field: Locator, text: string): Promise<void>;
}

/** Clicks and types in a page as a person does, and counts. */
export interface Hand extends Doing {
  /** What only the test does meanwhile: it takes no time of the way. */
  apart(work: () => Promise<unknown>): Promise<void>;
  clicks(): number;
  /** Prints how long the way took so far: what this machine took, and what a hand takes for the clicks and keys on top of it. */
  report(way: string): void;
}

/** `by`: a hand that counts this way too, or a keyboard in the place of a mouse. */
export function createHand(by?: Doing): Hand {
  const begun = performance.now();
  let apart = 0;
  let clicks = 0;
  let keys = 0;
  const click = async (target: Locator) => {
    clicks++;
    await (by ? by.click(target) : target.click());
  };
  return {
    click,
    async type(field, text) {
      if (by) await by.type(field, text);
      else await field.fill(text);
      clicks++;
      keys += [...text].length;
    },
    async apart(work) {
      const from = performance.now();
      await work();
      apart += performance.now() - from;
    },
    clicks: () => clicks,
    report(way) {
      const machine = (performance.now() - begun - apart) / 1000;
      const hand = clicks * CLICK + keys * KEY;
      console.log(
        `${way}: ${(machine + hand).toFixed(1)} s (${machine.toFixed(1)} s of this machine, ${hand.toFixed(1)} s of a hand), ${clicks} clicks, ${keys} keys`,
      );
    },
  };
}

/** Run in the page: the camera is never quite still, as none in a hand or before a breathing person is. */
export const liveCamera = `{
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (wanted) => {
    const video = Object.assign(document.createElement('video'), { srcObject: await open(wanted), muted: true });
    await video.play();
    const canvas = Object.assign(document.createElement('canvas'), { width: video.videoWidth, height: video.videoHeight });
    const context = canvas.getContext('2d');
    setInterval(() => {
      context.filter = 'brightness(' + (0.98 + Math.random() * 0.04) + ')';
      context.drawImage(video, Math.random() * 2 - 4, Math.random() * 2 - 4, canvas.width + 6, canvas.height + 6);
    }, 66);
    return canvas.captureStream(15);
  };
}`;
