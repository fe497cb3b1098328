/** `npm run test:attacks` runs every attack, the kills of deliveries, enrollments, rotations and imports, and the search for bytes, at full size; `npm test` a subset with a fixed seed. */
export const fullSize = process.env.GATEHOUSE_ATTACKS === 'full';
