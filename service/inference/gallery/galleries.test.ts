import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../lib/log.ts';
import { createGalleries, type GalleriesDeps, type OpenGalleries } from './galleries.ts';
import { compileKernel } from './gallery-kernel.ts';
import { createGalleryMatrix, type GalleryCandidate, SPARE_ROWS } from './gallery-matrix.ts';
import { createScanner } from './gallery-scan.ts';
import type { SearchMessage, SearchWorkerData } from './search-worker.ts';

const opened: OpenGalleries[] = [];
const open = (deps: Partial<GalleriesDeps> = {}): OpenGalleries => {
  const galleries = createGalleries({ log: silentLog, workers: 1, ...deps });
  opened.push(galleries);
  return galleries;
};
afterEach(async () => {
  await Promise.all(opened.splice(0).map((galleries) => galleries.close()));
});

const startWorker = (data: SearchWorkerData) =>
  new Worker(new URL('./search-worker.ts', import.meta.url), { workerData: data });

/** The same vector for the same seed. */
function vectorOf(seed: number, dimensions: number): Float32Array {
  let state = (seed + 1) * 0x9e3779b1;
  const vector = Float32Array.from({ length: dimensions }, () => {
    state = Math.imul(state ^ (state >>> 15), 0x85ebca6b) + 0x6d2b79f5;
    return ((state >>> 8) & 0xffff) / 0xffff - 0.5;
  });
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

function cosine(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function naive(rows: Map<string, Float32Array>, probe: Float32Array, count: number): GalleryCandidate[] {
  return [...rows]
    .map(([template, vector]) => ({ template, similarity: cosine(vector, probe) }))
    .sort((a, b) => b.similarity - a.similarity)
    .slice(0, count);
}

/** The same similarities in order, and every template with its own similarity: ties may be in either order. */
function expectNearest(
  found: GalleryCandidate[],
  rows: Map<string, Float32Array>,
  probe: Float32Array,
  count: number,
) {
  const expected = naive(rows, probe, count);
  // One expectation for all of them: each takes longer than a search.
  const isNear = (similarity: number, exact: number) => Math.abs(similarity - exact) < 5e-6;
  const wrong = found.filter(
    ({ template, similarity }, i) =>
      !isNear(similarity, expected[i]?.similarity ?? Number.NaN) ||
      !isNear(similarity, cosine(rows.get(template)!, probe)),
  );
  expect(wrong).toEqual([]);
  expect([found.length, new Set(found.map(({ template }) => template)).size]).toEqual([
    expected.length,
    expected.length,
  ]);
}

type Step =
  | { is: 'put'; gallery: number; template: number; vector: number }
  | { is: 'erase'; gallery: number; template: number }
  | { is: 'reserve'; gallery: number; rows: number }
  | { is: 'search'; gallery: number; probe: number; count: number };

const templates = fc.nat(40);
const steps = fc.array(
  fc.oneof<fc.Arbitrary<Step>[]>(
    fc.record({ is: fc.constant('put'), gallery: fc.nat(1), template: templates, vector: fc.nat(500) }),
    fc.record({ is: fc.constant('erase'), gallery: fc.nat(1), template: templates }),
    fc.record({ is: fc.constant('reserve'), gallery: fc.nat(1), rows: fc.nat(2_000) }),
    fc.record({
      is: fc.constant('search'),
      gallery: fc.nat(1),
      probe: fc.nat(500),
      count: fc.integer({ min: 1, max: 50 }),
    }),
  ),
  { maxLength: 120, size: 'max' },
);

describe.each([
  ['on the calling thread', { inlineBytes: Number.POSITIVE_INFINITY }],
  ['in search threads', { inlineBytes: 0, workers: 2 }],
  ['by bytes', { inlineBytes: Number.POSITIVE_INFINITY, bytesFrom: 1 }],
  ['by bytes in search threads', { inlineBytes: 0, workers: 2, bytesFrom: 20 }],
])('a gallery searched %s', (_, deps) => {
  test('answers like a naive search, whatever was put and erased before and meanwhile', async () => {
    for (const dimensions of [3, 128]) {
      const galleries = open(deps);
      let run = 0;
      await fc.assert(
        fc.asyncProperty(steps, async (program) => {
          run += 1;
          const model = [new Map<string, Float32Array>(), new Map<string, Float32Array>()];
          for (const step of program) {
            const name = `run-${run}/test/${step.gallery}`;
            const rows = model[step.gallery]!;
            switch (step.is) {
              case 'put':
                rows.set(`t${step.template}`, vectorOf(step.vector, dimensions));
                galleries.put(name, `t${step.template}`, vectorOf(step.vector, dimensions));
                break;
              case 'erase':
                rows.delete(`t${step.template}`);
                galleries.erase(name, `t${step.template}`);
                break;
              case 'reserve':
                galleries.reserve(name, dimensions, step.rows);
                break;
              default: {
                const probe = vectorOf(step.probe, dimensions);
                expectNearest(await galleries.search(name, probe, step.count), rows, probe, step.count);
              }
            }
            expect(galleries.size(name)).toBe(rows.size);
          }
          for (const [i, rows] of model.entries()) {
            for (const template of rows.keys()) galleries.erase(`run-${run}/test/${i}`, template);
          }
        }),
        { numRuns: 25 },
      );
    }
  });

  test('is right through growth, with many searches at once', async () => {
    const galleries = open(deps);
    const rows = new Map<string, Float32Array>();
    for (let i = 0; i < 3000; i++) {
      rows.set(`t${i}`, vectorOf(i, 64));
      galleries.put('a/live/dlib', `t${i}`, rows.get(`t${i}`)!);
    }
    const probes = Array.from({ length: 16 }, (_, i) => vectorOf(10_000 + i, 64));
    const found = await Promise.all(probes.map((probe) => galleries.search('a/live/dlib', probe, 64)));
    for (const [i, probe] of probes.entries()) expectNearest(found[i]!, rows, probe, 64);
  });

  test('knows no other gallery', async () => {
    const galleries = open(deps);
    const probe = vectorOf(1, 16);
    galleries.put('a/live/dlib', 'mine', probe);
    galleries.put('a/test/dlib', 'trial', probe);
    galleries.put('b/live/dlib', 'theirs', probe);
    galleries.erase('b/live/dlib', 'mine');
    expect((await galleries.search('a/live/dlib', probe, 10)).map(({ template }) => template)).toEqual([
      'mine',
    ]);
    expect(await galleries.search('c/live/dlib', probe, 10)).toEqual([]);
  });

  test('returns rows unrelated and opposite to the probe, but never an erased one', async () => {
    const galleries = open(deps);
    const axis = (i: number, sign = 1) => Float32Array.from({ length: 8 }, (_, j) => (i === j ? sign : 0));
    galleries.put('g', 'same', axis(0));
    galleries.put('g', 'erased', axis(0));
    galleries.put('g', 'unrelated', axis(1));
    galleries.put('g', 'opposite', axis(0, -1));
    galleries.erase('g', 'erased');
    expect(await galleries.search('g', axis(0), 10)).toEqual([
      { template: 'same', similarity: 1 },
      { template: 'unrelated', similarity: 0 },
      { template: 'opposite', similarity: -1 },
    ]);
  });
});

describe('a search in a thread while rows change', () => {
  test('shows what is erased, replaced and moved as it is when the search ends', async () => {
    const galleries = open({ inlineBytes: 0 });
    const probe = vectorOf(0, 32);
    const rows = new Map<string, Float32Array>();
    const put = (template: string, vector: Float32Array) => {
      rows.set(template, vector);
      galleries.put('g', template, vector);
    };
    for (let i = 0; i < 200; i++) put(`t${i}`, vectorOf(i, 32));
    const searching = galleries.search('g', probe, 20);
    rows.delete('t0');
    galleries.erase('g', 't0');
    put('t7', vectorOf(0, 32));
    put('t199', vectorOf(7, 32));
    expectNearest(await searching, rows, probe, 20);
  });

  test('stays exact when more rows change than it had to spare', async () => {
    const galleries = open({ inlineBytes: 0 });
    const probe = vectorOf(0, 32);
    const rows = new Map<string, Float32Array>();
    for (let i = 0; i < 300; i++) {
      rows.set(`t${i}`, vectorOf(i, 32));
      galleries.put('g', `t${i}`, rows.get(`t${i}`)!);
    }
    const best = naive(rows, probe, 60).map(({ template }) => template);
    const searching = galleries.search('g', probe, 20);
    for (const template of best) {
      rows.delete(template);
      galleries.erase('g', template);
    }
    expectNearest(await searching, rows, probe, 20);
  });

  test('ends with nothing when the whole gallery is erased', async () => {
    const galleries = open({ inlineBytes: 0 });
    for (let i = 0; i < 50; i++) galleries.put('g', `t${i}`, vectorOf(i, 32));
    const searching = galleries.search('g', vectorOf(0, 32), 20);
    for (let i = 0; i < 50; i++) galleries.erase('g', `t${i}`);
    expect(await searching).toEqual([]);
    expect(galleries.size('g')).toBe(0);
  });
});

describe('searches that wait', () => {
  const sent: SearchMessage[] = [];
  function openRecorded(deps: Partial<GalleriesDeps> = {}) {
    sent.length = 0;
    return open({
      inlineBytes: 0,
      open(data) {
        const worker = startWorker(data);
        const post = worker.postMessage.bind(worker);
        worker.postMessage = (message: SearchMessage) => {
          sent.push(message);
          post(message);
        };
        return worker;
      },
      ...deps,
    });
  }

  test('are answered in one pass over their gallery, up to sixteen, each as if it were alone', async () => {
    const galleries = openRecorded();
    const rows = new Map<string, Float32Array>();
    for (let i = 0; i < 700; i++) {
      rows.set(`t${i}`, vectorOf(i, 64));
      galleries.put('g', `t${i}`, rows.get(`t${i}`)!);
    }
    galleries.put('other', 'a', vectorOf(1, 16));
    const probes = Array.from({ length: 20 }, (_, i) => vectorOf(5_000 + i, 64));
    const searching = probes.map((probe, i) => galleries.search('g', probe, 1 + i));
    const others = [0, 1].map(() => galleries.search('other', vectorOf(1, 16), 1));
    for (const [i, probe] of probes.entries()) expectNearest((await searching[i])!, rows, probe, 1 + i);
    for (const found of await Promise.all(others)) expect(found).toHaveLength(1);
    expect(sent.flatMap((one) => (one.is === 'search' ? [one.scans.length] : []))).toEqual([16, 4, 2]);
  });

  test.each([1, 2])(
    'leave nothing in a thread of a gallery that was dropped meanwhile, with %i',
    async (workers) => {
      const galleries = openRecorded({ workers, bytesFrom: 3 });
      const ask = (...templates: string[]) => {
        for (const template of templates) galleries.put('g', template, vectorOf(1, 16));
        return [0, 1, 2].map(() => galleries.search('g', vectorOf(1, 16), 1));
      };
      const searching = ask('a');
      galleries.erase('g', 'a');
      expect(await Promise.all(searching)).toEqual([[], [], []]);
      const posted = (is: SearchMessage['is']) => sent.filter((one) => one.is === is).length;
      expect([posted('open'), posted('drop')]).toEqual([workers, workers]);
      // One that lives on under the same number is opened anew, and once.
      await Promise.all(ask('a', 'b'));
      for (const _ of [1, 2]) await Promise.all(ask('a', 'b', 'c'));
      expect([posted('open'), posted('drop')]).toEqual([3 * workers, 2 * workers]);
    },
  );

  test('are shared by the threads', async () => {
    const galleries = openRecorded({ workers: 2 });
    galleries.put('g', 'a', vectorOf(1, 16));
    await Promise.all(Array.from({ length: 6 }, () => galleries.search('g', vectorOf(1, 16), 1)));
    expect(sent.flatMap((one) => (one.is === 'search' ? [one.scans.length] : []))).toEqual([3, 3]);
  });
});

test('a gallery that grows to be searched by bytes answers meanwhile and after', async () => {
  const galleries = open({ inlineBytes: 0, bytesFrom: 400 });
  const rows = new Map<string, Float32Array>();
  const put = (i: number) => {
    rows.set(`t${i}`, vectorOf(i, 48));
    galleries.put('g', `t${i}`, rows.get(`t${i}`)!);
  };
  for (let i = 0; i < 399; i++) put(i);
  const probe = vectorOf(9_000, 48);
  expectNearest(await galleries.search('g', probe, 5), rows, probe, 5);
  const meanwhile = galleries.search('g', probe, 5);
  put(399);
  expectNearest(await meanwhile, rows, probe, 5);
  for (let i = 400; i < 1_200; i++) put(i);
  for (let i = 0; i < 300; i += 3) {
    rows.delete(`t${i}`);
    galleries.erase('g', `t${i}`);
  }
  put(7);
  expectNearest(await galleries.search('g', probe, 5), rows, probe, 5);
});

describe('a search thread that dies', () => {
  test('is replaced, and the search is answered all the same', async () => {
    const workers: Worker[] = [];
    const galleries = open({
      inlineBytes: 0,
      open: (data) => {
        const worker = startWorker(data);
        workers.push(worker);
        // It has not read the search yet.
        if (workers.length === 1) void worker.terminate();
        return worker;
      },
    });
    galleries.put('g', 'a', vectorOf(1, 16));
    const searching = galleries.search('g', vectorOf(1, 16), 1);
    expect((await searching).map(({ template }) => template)).toEqual(['a']);
    expect(workers).toHaveLength(2);
    expect((await galleries.search('g', vectorOf(1, 16), 1)).map(({ template }) => template)).toEqual(['a']);
    expect(workers).toHaveLength(2);
  });

  test('twice on one search refuses that search, not the next', async () => {
    let started = 0;
    const dead = (data: SearchWorkerData) => new Worker('process.exit(1)', { eval: true, workerData: data });
    const galleries = open({
      inlineBytes: 0,
      open: (data) => {
        started += 1;
        return started <= 2 ? dead(data) : startWorker(data);
      },
    });
    galleries.put('g', 'a', vectorOf(1, 16));
    await expect(galleries.search('g', vectorOf(1, 16), 1)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await galleries.search('g', vectorOf(1, 16), 1)).map(({ template }) => template)).toEqual(['a']);
  });

  test('because the service stops refuses what waits', async () => {
    const galleries = open({ inlineBytes: 0 });
    galleries.put('g', 'a', vectorOf(1, 16));
    const searching = galleries.search('g', vectorOf(1, 16), 1);
    await Promise.all([expect(searching).rejects.toMatchObject({ code: 'INTERNAL' }), galleries.close()]);
  });
});

describe('a vector that is no template', () => {
  test.each([
    ['not of unit length', Float32Array.of(1, 1)],
    ['zero', new Float32Array(2)],
    ['not a number', Float32Array.of(Number.NaN, 1)],
    ['too long', new Float32Array(5000).fill(1 / Math.sqrt(5000))],
    ['of another length than the gallery', Float32Array.of(1, 0, 0)],
  ])('%s is refused', async (_, vector) => {
    const galleries = open();
    galleries.put('g', 'a', Float32Array.of(0, 1));
    expect(() => galleries.put('g', 'b', vector)).toThrow(RangeError);
    await expect(galleries.search('g', vector, 1)).rejects.toThrow(RangeError);
    expect(galleries.size('g')).toBe(1);
  });
});

test('rows that change after they were scanned are set right, or the search is asked again', () => {
  const kernel = compileKernel();
  const changes = fc.array(fc.record({ template: fc.nat(59), vector: fc.option(fc.nat(500)) }), {
    maxLength: 60,
    size: 'max',
  });
  fc.assert(
    fc.property(changes, fc.nat(500), fc.integer({ min: 1, max: 30 }), (program, seed, count) => {
      const matrix = createGalleryMatrix(16, 1);
      const scanner = createScanner(kernel, matrix.area, 0);
      const rows = new Map<string, Float32Array>();
      const put = (template: string, vector: Float32Array) => {
        rows.set(template, vector);
        matrix.put(template, vector);
      };
      for (let i = 0; i < 60; i++) put(`t${i}`, vectorOf(i, 16));
      const probe = vectorOf(seed, 16);
      const search = matrix.begin(probe);
      const found = scanner.nearest([{ probe, rows: search.rows, count: count + SPARE_ROWS }])[0]!;
      for (const { template, vector } of program) {
        const name = `t${template}`;
        if (vector === null) expect(matrix.erase(name)).toBe(rows.delete(name));
        else if (rows.has(name)) put(name, vectorOf(vector, 16));
      }
      const candidates = search.settle(found, count);
      search.end();
      if (candidates === 'again') expect(program.length * 2).toBeGreaterThan(SPARE_ROWS);
      else expectNearest(candidates, rows, probe, count);
    }),
  );
});

describe('the shared memory of a gallery', () => {
  const cells = (matrix: ReturnType<typeof createGalleryMatrix>) =>
    new Float32Array(matrix.area.memory.buffer, matrix.area.base);
  const holds = (matrix: ReturnType<typeof createGalleryMatrix>, vector: Float32Array) => {
    const all = cells(matrix);
    for (let row = 0; row < all.length; row += matrix.area.strideBytes / 4) {
      if (vector.every((value, i) => all[row + i] === value)) return true;
    }
    return false;
  };

  test('holds no number of an erased vector, wherever it stood', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), fc.infiniteStream(fc.nat()), (count, picks) => {
        const matrix = createGalleryMatrix(24, 1);
        const left = Array.from({ length: count }, (_, i) => i);
        for (const i of left) matrix.put(`t${i}`, vectorOf(i, 24));
        while (left.length > 0) {
          const [erased] = left.splice(picks.next().value! % left.length, 1);
          expect(matrix.erase(`t${erased}`)).toBe(true);
          if (left.length % 37 === 0) {
            expect(holds(matrix, vectorOf(erased!, 24))).toBe(false);
            expect(left.filter((kept) => !holds(matrix, vectorOf(kept, 24)))).toEqual([]);
          }
        }
        expect(cells(matrix).every((value) => value === 0)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test('uses the room of erased rows again', () => {
    const matrix = createGalleryMatrix(128, 1);
    for (let i = 0; i < 1000; i++) matrix.put(`t${i}`, vectorOf(i, 128));
    const bytes = matrix.area.memory.buffer.byteLength;
    for (let round = 0; round < 5; round++) {
      const rows = Array.from({ length: 1000 }, (_, i) => `t${round * 1000 + i}`);
      expect(rows.filter((row) => !matrix.erase(row))).toEqual([]);
      for (let i = 0; i < 1000; i++) matrix.put(`t${(round + 1) * 1000 + i}`, vectorOf(i, 128));
    }
    expect({ bytes: matrix.area.memory.buffer.byteLength, size: matrix.ids.size() }).toEqual({
      bytes,
      size: 1000,
    });
  });

  test('overwrites a replaced vector', () => {
    const matrix = createGalleryMatrix(24, 1);
    matrix.put('a', vectorOf(1, 24));
    matrix.put('a', vectorOf(2, 24));
    expect([matrix.ids.size(), holds(matrix, vectorOf(1, 24)), holds(matrix, vectorOf(2, 24))]).toEqual([
      1,
      false,
      true,
    ]);
  });
});
