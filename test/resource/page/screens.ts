import { screen } from '../../../renderer/console/screen.ts';
import { readers } from '../../../renderer/console/screen-data.ts';

/** In the product: an entry in console/screens.ts. */
export const screens = [
  screen('/house-rules', () => import('./house-rules-screen.tsx'), { roles: readers }),
] as const;
