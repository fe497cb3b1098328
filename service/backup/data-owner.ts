import { chownSync, statSync } from 'node:fs';
import { finishRestore } from './finish-restore.ts';
import { ownSurroundings, type Surroundings } from './surroundings.ts';

/**
 * Lets root do `work` as the account that owns the data directory: what is written belongs to it, and no link that this account left leads
 * root elsewhere. Only steps around the directory keep root's rights. Any other account works as itself, and so does root on its own directory
 * and on one that is not there.
 */
export async function asOwnerOf<T>(data: string, work: (around: Surroundings) => Promise<T>): Promise<T> {
  finishRestore(data);
  const owner = statSync(data, { throwIfNoEntry: false });
  if (process.geteuid?.() !== 0 || owner === undefined || owner.uid === 0) return work(ownSurroundings);
  const { uid, gid } = owner;
  const [groups, group] = [process.getgroups!(), process.getegid!()];
  process.setgroups!([gid]);
  process.setegid!(gid);
  process.seteuid!(uid);
  try {
    return await work({
      change(step) {
        process.seteuid!(0);
        try {
          return step();
        } finally {
          process.seteuid!(uid);
        }
      },
      give: (path) => chownSync(path, uid, gid),
    });
  } finally {
    process.seteuid!(0);
    process.setegid!(group);
    process.setgroups!(groups);
  }
}
