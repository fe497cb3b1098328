export { verificationStrings } from './strings.ts';
export { adviceFor, Checks, Ending } from './verification-parts.tsx';
