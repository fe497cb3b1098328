export interface Shot {
  image: string;
  frames: string[];
  /** Of each frame, ms. */
  frameTimes: number[];
}

/** A data URL, and when it was taken. */
export interface TimedPicture {
  url: string;
  at: number;
}

/** The first of `count` pictures and the others; undefined where the camera gave fewer, or failed. */
export async function wholeShot(
  take: () => Promise<readonly TimedPicture[]>,
  count: number,
): Promise<Shot | undefined> {
  const pictures = await take().catch((): TimedPicture[] => []);
  const [image, ...frames] = pictures;
  if (image === undefined || pictures.length !== count) return undefined;
  return { image: image.url, frames: frames.map(({ url }) => url), frameTimes: frames.map(({ at }) => at) };
}
