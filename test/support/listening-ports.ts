import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The TCP ports on which a process of this machine listens, from the kernel's own tables; none where it has no such tables. */
export function listeningPorts(pid: number): number[] {
  if (process.platform !== 'linux') return [];
  const open = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/${pid}/net/${table}`, 'utf8').trim().split('\n').slice(1))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === '0A' && open.includes(`socket:[${inode}]`))
    .map(([, address = '']) => Number.parseInt(address.split(':')[1] ?? '', 16));
}
