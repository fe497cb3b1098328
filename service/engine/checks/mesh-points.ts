/** Face-mesh points (468 of them; LIVENESS.md §1, §5). */

/** Points that stay still when a person speaks, frowns or blinks: used for the template. */
// biome-ignore format: a list of numbers
export const stablePoints: readonly number[] = [
  33, 133, 263, 362, 6, 168, 197, 195, 5, 4, 1, 2, 10, 151, 9, 8, 234, 454, 127, 356, 93, 323, 162, 389, 21, 251, 54, 284,
  103, 332, 67, 297, 109, 338, 98, 327, 129, 358, 50, 280, 101, 330, 108, 337, 69, 299, 36, 266, 205, 425,
];

/** Mouth, lids and brows: what moves on a living face. */
// biome-ignore format: a list of numbers
export const mobilePoints: readonly number[] = [
  61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 185, 40, 39, 37, 0, 267, 269, 270, 409,
  78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 191, 80, 81, 82, 13, 312, 311, 310, 415,
  246, 161, 160, 159, 158, 157, 173, 7, 163, 144, 145, 153, 154, 155,
  466, 388, 387, 386, 385, 384, 398, 249, 390, 373, 374, 380, 381, 382,
  70, 63, 105, 66, 107, 46, 53, 52, 65, 55, 300, 293, 334, 296, 336, 276, 283, 282, 295, 285,
];

export const outerEyeCorners = [33, 263] as const;
export const foreheadAndChin = [10, 152] as const;

export function distance3(mesh: Float32Array, [a, b]: readonly [number, number]): number {
  return Math.hypot(
    mesh[3 * a]! - mesh[3 * b]!,
    mesh[3 * a + 1]! - mesh[3 * b + 1]!,
    mesh[3 * a + 2]! - mesh[3 * b + 2]!,
  );
}
