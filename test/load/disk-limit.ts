import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { quantile } from './statistics.ts';

export interface DiskLimit {
  /** From the moment at which a record was due to the end of the synchronization that put it on disk, milliseconds. */
  latency: { p50: number; p99: number; most: number };
  /** One synchronization of all records that had come meanwhile, milliseconds. */
  sync: { p50: number; p99: number; most: number };
}

/** Bytes of the file that is written over and over, so that no synchronization waits for a file that grows. */
const FILE = 64 * 1024 * 1024;

/**
 * What no service can beat that answers once a record is on this disk: records come at an even rate, and a program that does nothing else
 * writes all that have come and waits for the disk, again and again.
 */
export async function diskLimit(load: {
  rate: number;
  seconds: number;
  /** Of one record. */
  bytes: number;
  /** Milliseconds from one write to the next, at least. */
  apart?: number;
}): Promise<DiskLimit> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-disk-'));
  const file = await open(join(folder, 'log'), 'w');
  try {
    const block = randomFillSync(Buffer.alloc(1024 * 1024));
    for (let at = 0; at < FILE; at += block.length) await file.write(block, 0, block.length, at);
    await file.sync();
    const latencies: number[] = [];
    const syncs: number[] = [];
    const gap = 1_000 / load.rate;
    const all = load.rate * load.seconds;
    const begun = performance.now();
    const apart = load.apart ?? 0;
    for (let next = 0, at = 0, last = Number.NEGATIVE_INFINITY; next < all; ) {
      const come = Math.min(all, Math.floor((performance.now() - begun) / gap) + 1) - next;
      if (come === 0 || performance.now() < last + apart) {
        await pause(0);
        continue;
      }
      const size = Math.min(block.length, come * load.bytes);
      if (at + size > FILE) at = 0;
      const from = performance.now();
      last = from;
      await file.write(block, 0, size, at);
      await file.datasync();
      const now = performance.now();
      at += size;
      syncs.push(now - from);
      for (let i = 0; i < come; i++) latencies.push(now - (begun + (next + i) * gap));
      next += come;
    }
    return { latency: timesOf(latencies), sync: timesOf(syncs) };
  } finally {
    await file.close();
    rmSync(folder, { recursive: true });
  }
}

const timesOf = (values: number[]) => ({
  p50: quantile(values, 0.5),
  p99: quantile(values, 0.99),
  most: quantile(values, 1),
});
