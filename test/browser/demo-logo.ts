import sharp from 'sharp';

/** A word mark of an invented bank, on nothing. */
export const demoLogo = (color: string): Promise<Buffer> =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="360" height="96" fill="${color}">
  <path d="M24 76 L24 20 L34 20 L62 58 L62 20 L74 20 L74 76 L64 76 L36 38 L36 76 Z"/>
  <circle cx="124" cy="48" r="22" fill="none" stroke="${color}" stroke-width="11"/>
  <path d="M170 26h12v50h-12zM206 26h12v38h26v12h-38zM262 20l20 28 20-28h14l-28 38v18h-12v-18l-28-38z"/>
</svg>`,
    ),
  )
    .png()
    .toBuffer();
