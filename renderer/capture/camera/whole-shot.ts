export interface Shot {
  image: string;
  frames: string[];
}

/** The first of `count` pictures and the others; undefined where the camera gave fewer, or failed. */
export async function wholeShot(
  take: () => Promise<readonly string[]>,
  count: number,
): Promise<Shot | undefined> {
  const pictures = await take().catch((): string[] => []);
  const [image, ...frames] = pictures;
  return image !== undefined && pictures.length === count ? { image, frames } : undefined;
}
