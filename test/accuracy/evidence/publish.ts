import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishedEvidence } from '../../../service/engine/appliance/index.ts';
import type { Manifest } from '../../../service/inference/models/manifest.ts';
import type { HumannessMeasure } from '../humanness/measure.ts';
import { type Behavior, behaviorClaims } from './behavior-claims.ts';
import { wholeGerman } from './german-words.ts';
import { humannessClaims } from './humanness-claims.ts';
import { type KeptPart, readKept } from './kept-figures.ts';
import { type Liveness, liveClaims } from './live-claims.ts';
import { type Presentation, presentationClaims } from './presentation-claims.ts';
import { recognitionClaims } from './recognition-claims.ts';
import { type Bench, speedClaims } from './speed-claims.ts';
import { type Uniqueness, uniquenessClaims } from './uniqueness-claims.ts';

const root = join(import.meta.dirname, '../../..');
/** The file that the product reads. */
export const publishedFile = join(root, 'service/engine/appliance/evidence/published.json');

/** What the product says of itself, from what the measurements in `docs/evidence` kept. */
export function publishedText(folder = join(root, 'docs/evidence')): string {
  const manifest = JSON.parse(readFileSync(join(root, 'models/manifest.json'), 'utf8')) as Manifest;
  const accuracy = readKept<Record<string, KeptPart<never>>>(folder, 'accuracy');
  const parts = (start: string) =>
    Object.entries(accuracy).flatMap(([title, part]) => (title.startsWith(start) ? [part] : []));
  const published: PublishedEvidence = {
    claims: [
      ...parts('Recognition,').flatMap((part) => recognitionClaims(part, manifest)),
      ...presentationClaims(parts('Presentation attacks,') as KeptPart<Presentation>[], manifest),
      ...liveClaims(readKept<Liveness>(folder, 'liveness')),
      ...humannessClaims(
        readKept<Record<'humanness', KeptPart<HumannessMeasure>>>(folder, 'humanness').humanness,
      ),
      ...(parts('Uniqueness,') as KeptPart<Uniqueness>[]).flatMap(uniquenessClaims),
      ...behaviorClaims(readKept<Behavior>(folder, 'behavior')),
      ...speedClaims(readKept<Bench>(folder, 'bench')),
    ].map(wholeGerman),
  };
  return `${JSON.stringify(published, null, 2)}\n`;
}

if (import.meta.main) writeFileSync(publishedFile, publishedText());
