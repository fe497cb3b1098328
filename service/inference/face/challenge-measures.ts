import { defined } from '../../lib/defined.ts';
import type { Box, ChallengeMeasures } from '../face.ts';
import { backgroundColor } from './background-color.ts';
import { createFacePlane } from './face-plane.ts';
import { rigidResidual } from './head-pose.ts';
import type { View } from './view.ts';

/** Built when first asked for: most workers of most boxes never judge a challenge. */
export function createChallengeMeasures(): (view: View, box: Box, mesh: Float32Array) => ChallengeMeasures {
  let plane: ReturnType<typeof createFacePlane> | undefined;
  return ({ pyramid }, box, mesh) => {
    plane ??= createFacePlane();
    const { texture, skin } = plane(pyramid, mesh);
    return {
      rigidResidual: rigidResidual(mesh),
      texture,
      skin,
      ...defined({ background: backgroundColor(pyramid, box) }),
    };
  };
}
