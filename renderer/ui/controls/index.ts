/** What stands in regions: buttons, badges, figures, ids, code. */

export { Badge, type BadgeKind, Maturity, Verdict } from './badge.tsx';
export { AnchorButton, Button, ButtonLink } from './button.tsx';
export { CopyOnce } from './copy-once.tsx';
export { Figure, Gauge } from './figure.tsx';
export { CopyButton, Id, useCopy } from './id.tsx';
export { LinkButton } from './link-button.tsx';
export { PersonTile } from './person-tile.tsx';
export { Day, ExactTime, RelativeTime } from './relative-time.tsx';
export { ScoreBar } from './score-bar.tsx';
export { Snippet, Snippets } from './snippet.tsx';
