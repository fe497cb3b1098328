import sharp from 'sharp';

/** What is done to an enrolled portrait before it is shown again; the table names it. */
export interface Alteration {
  name: string;
  apply(portrait: Buffer): Promise<Buffer>;
}

const SMALLER = 0.6;

export const alterations: readonly Alteration[] = [
  {
    name: 're-encoded: JPEG at quality 30',
    apply: (portrait) => sharp(portrait).jpeg({ quality: 30 }).toBuffer(),
  },
  {
    name: 'rescaled: 60 % of the size, WebP',
    async apply(portrait) {
      const { width } = await sharp(portrait).metadata();
      return sharp(portrait)
        .resize(Math.round(width * SMALLER))
        .webp({ quality: 80 })
        .toBuffer();
    },
  },
  {
    name: 'relit: darker, warmer, flatter',
    apply: (portrait) =>
      sharp(portrait).linear([0.75, 0.68, 0.58], [14, 10, 8]).gamma(1.4).jpeg({ quality: 90 }).toBuffer(),
  },
  {
    name: 'mirrored and turned by 6°',
    apply: (portrait) =>
      sharp(portrait).flop().rotate(6, { background: '#808080' }).jpeg({ quality: 90 }).toBuffer(),
  },
];
