import styles from './organization-logo.module.css';
import { isColor, wantsDarkText } from './theme/text-on-color.ts';

export interface OrganizationBranding {
  name: string;
  /** A data URL, or an address of this box. */
  logo?: string | undefined;
  /** Of a transparent logo that can be read on one ground alone. */
  logoInk?: 'dark' | 'light' | undefined;
  color?: string | undefined;
}

/** The logo, else the first letter of the name on the organization's color: black or white, whichever is easier to read. */
export function OrganizationLogo({ of: { name, logo, logoInk, color } }: { of: OrganizationBranding }) {
  if (logo !== undefined && isOwnPicture(logo)) {
    const ink = logoInk === undefined ? '' : styles[`${logoInk}Ink`];
    return <img className={`${styles.logo} ${styles.picture} ${ink}`} src={logo} alt="" />;
  }
  const plain = color !== undefined && isColor(color) ? color : undefined;
  return (
    <span
      className={`${styles.logo} ${styles.letter} ${plain === undefined ? '' : wantsDarkText(plain) ? styles.onLight : styles.onDark}`}
      style={plain === undefined ? undefined : { background: plain }}
      aria-hidden="true"
    >
      {[...name.trim()][0]?.toLocaleUpperCase()}
    </span>
  );
}

/** From this box or in the answer itself: a picture from elsewhere would show another host that the page was opened. */
const isOwnPicture = (logo: string) =>
  /^data:image\/(?:png|jpeg|webp)[;,]/i.test(logo) || /^\/(?!\/)/.test(logo);
