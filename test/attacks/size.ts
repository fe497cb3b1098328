/** `npm run test:attacks` runs every attack, and the kills during deliveries, at full size; `npm test` a subset with a fixed seed. */
export const fullSize = process.env.GATEHOUSE_ATTACKS === 'full';
