import { modelPaths } from '../../compose/model-paths.ts';
import { verifyModelFiles } from '../../inference/models/model-library.ts';
import { Problem } from '../../lib/problem.ts';
import type { Control } from '../control/control.ts';

/** One model file against its manifest entry, as the control API and the library tell it. */
export interface FileReply {
  id: string;
  file: string;
  ok: boolean;
  expected: string;
  found?: string;
}

/**
 * Hashes every model file, also of a box that cannot be opened because one of Gatehouse's own is damaged: that is when it
 * matters which.
 */
export async function checkFiles(data: string, control: () => Promise<Control>): Promise<FileReply[]> {
  try {
    return (await (await control()).get<{ files: FileReply[] }>('/models/verify')).files;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    const files = await verifyModelFiles(modelPaths(data));
    if (files.every(({ ok }) => ok)) throw error;
    return files;
  }
}
