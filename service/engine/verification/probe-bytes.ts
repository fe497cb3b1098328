import type { OrganizationId } from '../../lib/id.ts';
import type { Probe } from '../checks/index.ts';

/** A rotation of the space of one organization's templates. */
export interface ProbeTransform {
  generation: number;
  rotate(vector: Float32Array): Float32Array;
}

/** The transforms of each organization; `restore` undoes `rotate`. */
export interface ProbeSealer {
  transforms: { generations(organization: OrganizationId): readonly number[] };
  transformOf(
    organization: OrganizationId,
    generation: number,
  ): { restore(vector: Float32Array): Float32Array };
}

/** Sealed field of a verification's probe. */
export const probeField = (verification: string): string => `verification.probe/${verification}`;

/** Rotated by `transform`, as templates are. */
export function encodeProbe({ vector, ...rest }: Probe, { generation, rotate }: ProbeTransform): Uint8Array {
  const bytes = Buffer.from(new Uint8Array(rotate(vector).slice().buffer));
  return new TextEncoder().encode(
    JSON.stringify({ ...rest, transform: generation, vector: bytes.toString('base64') }),
  );
}

/** As `encodeProbe` writes it; those from before there were transforms say none. */
type StoredProbe = Omit<Probe, 'vector'> & { transform?: number; vector: string };

export function readProbe(plain: Uint8Array): Probe & { transform: number } {
  const { transform = 0, vector, ...rest } = JSON.parse(new TextDecoder().decode(plain)) as StoredProbe;
  const bytes = Uint8Array.from(Buffer.from(vector, 'base64'));
  return { ...rest, transform, vector: new Float32Array(bytes.buffer) };
}

/** With the vector as the model returned it; undefined if the secret of its transform was destroyed by a renewal. */
export function restoreProbe(
  sealer: ProbeSealer,
  organization: OrganizationId,
  { transform, vector, ...rest }: Probe & { transform: number },
): Probe | undefined {
  if (transform !== 0 && !sealer.transforms.generations(organization).includes(transform)) return undefined;
  return { ...rest, vector: sealer.transformOf(organization, transform).restore(vector) };
}
