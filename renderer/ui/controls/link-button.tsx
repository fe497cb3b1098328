import type { ButtonHTMLAttributes } from 'react';
import styles from './link-button.module.css';

/** Opens something of the same page, in a text or as the object of a row: looks like a link. */
export const LinkButton = (props: ButtonHTMLAttributes<HTMLButtonElement>) => (
  <button type="button" {...props} className={styles.link} />
);
