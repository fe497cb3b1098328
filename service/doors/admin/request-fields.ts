import { z } from 'zod';

/** A query has texts alone. */
export const flag = () => z.enum(['true', 'false']).transform((text) => text === 'true');

/** A change of nothing is refused. */
export const namesSome = (change: object) => Object.values(change).some((value) => value !== undefined);
