import { replyOf, type Schemas } from '../../../sdk/admin/client.ts';
import { modelPaths } from '../../compose/model-paths.ts';
import { verifyModelFiles } from '../../inference/models/model-library.ts';
import { Problem } from '../../lib/problem.ts';
import type { Control } from '../control/control.ts';

/**
 * Hashes every model file, also of a box that cannot be opened because one of Gatehouse's own is damaged: that is when it
 * matters which.
 */
export async function checkFiles(
  data: string,
  control: () => Promise<Control>,
): Promise<Schemas['ModelFiles']['items']> {
  try {
    return (await replyOf((await control()).admin.GET('/api/admin/models/verification'))).items;
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'MODEL_NOT_INSTALLED') throw error;
    const files = await verifyModelFiles(modelPaths(data));
    if (files.every(({ ok }) => ok)) throw error;
    return files;
  }
}
