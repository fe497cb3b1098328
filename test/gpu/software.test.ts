import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AcceleratorMessage } from '../../service/inference/accelerator/accelerator-process.ts';
import { launchProcess } from '../../service/inference/accelerator/launch.ts';
import { openModelLibrary } from '../../service/inference/models/model-library.ts';
import { manifestFile } from '../support/measured-pipeline.ts';
import { chooseDriver, isSwiftShader, skipBecause } from './driver.ts';

test('a software adapter is refused unless it is named', async ({ skip }) => {
  const missing = chooseDriver();
  if (missing !== undefined) skipBecause(skip, missing);
  if (!isSwiftShader()) skipBecause(skip, 'VK_DRIVER_FILES names another driver than SwiftShader.');
  const imported = mkdtempSync(join(tmpdir(), 'gatehouse-gpu-'));
  try {
    const built = join(import.meta.dirname, '../../models/built');
    const library = await openModelLibrary({ manifest: manifestFile, built, imported });
    const news = await new Promise<AcceleratorMessage>((resolve, reject) => {
      const task = { provider: 'webgpu' as const, isNamed: false, batch: 2, workers: 1 };
      launchProcess(
        { ...task, files: library.catalog().files },
        { news: resolve, ended: (reason) => reject(new Error(reason)) },
      );
    });
    if (news.is === 'refused' && news.reason?.includes('Failed to get a WebGPU adapter'))
      skipBecause(skip, news.reason);
    expect(news).toMatchObject({
      is: 'refused',
      reason: expect.stringMatching(/^the adapter SwiftShader .* is software$/),
    });
  } finally {
    rmSync(imported, { recursive: true });
  }
});
