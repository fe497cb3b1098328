import {
  type CSSProperties,
  createElement as h,
  type KeyboardEvent,
  type PointerEvent,
  type ReactElement,
  useRef,
} from 'react';
import { type BoardItem, type ChallengeView, nextItem } from './challenge-view.ts';

export interface BoardProps {
  view: ChallengeView;
  /** Ids of the dots, in the order in which they were chosen. */
  chosen: readonly string[];
  busy: boolean;
  /** Name of the chosen dot with its number in the order. */
  chosenName: (name: string, position: number) => string;
  onChoose: (id: string, how: 'press' | 'line') => void;
}

/** Targets or dots at their places. Each is a button: mouse, touch, Tab and Enter, arrow keys, screen reader. Dots are also drawn over. */
export function ChallengeBoard({ view, chosen, busy, chosenName, onChoose }: BoardProps): ReactElement {
  const board = useRef<HTMLDivElement>(null);
  const line = useLine(view, busy, (dot) => onChoose(dot, 'line'));
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const from = (event.target as HTMLElement).dataset.item;
    const to = from === undefined ? undefined : nextItem(view.items, from, event.key);
    if (to === undefined) return;
    event.preventDefault();
    for (const button of board.current?.querySelectorAll('button') ?? [])
      if (button.dataset.item === to) button.focus();
  };
  return h(
    'div',
    { ref: board, style: boardStyle(view), onKeyDown, ...(view.is === 'dots' && line) },
    view.is === 'dots' && h(Path, { items: view.items, chosen }),
    view.items.map((item) => {
      const position = chosen.indexOf(item.id) + 1;
      return h(
        'button',
        {
          key: item.id,
          type: 'button',
          'data-item': item.id,
          'aria-label': position > 0 ? chosenName(item.name, position) : item.name,
          ...(view.is === 'dots' && { 'aria-pressed': position > 0 }),
          'aria-disabled': busy || undefined,
          onClick: () => onChoose(item.id, 'press'),
          style: itemStyle(item, view, position > 0),
        },
        item.picture !== undefined
          ? h('img', { src: item.picture, alt: '', draggable: false, style: pictureStyle })
          : h('span', { 'aria-hidden': true }, item.text ?? (position > 0 ? position : '')),
      );
    }),
  );
}

/** The line through the chosen dots. */
function Path({ items, chosen }: { items: readonly BoardItem[]; chosen: readonly string[] }): ReactElement {
  const points = chosen.flatMap((id) => items.find((item) => item.id === id) ?? []);
  return h(
    'svg',
    { 'aria-hidden': true, viewBox: '0 0 100 100', preserveAspectRatio: 'none', style: pathStyle },
    h('polyline', {
      points: points.map(({ x, y }) => `${x},${y}`).join(' '),
      fill: 'none',
      stroke: 'currentColor',
      strokeWidth: 3,
      vectorEffect: 'non-scaling-stroke',
    }),
  );
}

/** How near to a dot a line has to pass, and how finely a line is followed, in percent of the board. */
const NEAR = 9;
const STEP = 3;

interface Line {
  x: number;
  y: number;
  /** The dot that it passed last, and whether that is still only the press on a button. */
  dot: string;
  isPress: boolean;
}

/** A line that is drawn with mouse, pen or finger chooses the dots that it passes. A press without a line is the click of the button. */
function useLine(view: ChallengeView, busy: boolean, choose: (dot: string) => void) {
  const line = useRef<Line | undefined>(undefined);
  const dotAt = (x: number, y: number) =>
    view.items.find((item) => Math.hypot(item.x - x, item.y - y) <= NEAR)?.id;
  const stop = () => {
    line.current = undefined;
  };
  return {
    onPointerDown(event: PointerEvent<HTMLDivElement>) {
      const { x, y } = placeIn(event);
      const dot = busy || event.button !== 0 ? undefined : dotAt(x, y);
      line.current = dot === undefined ? undefined : { x, y, dot, isPress: true };
    },
    onPointerMove(event: PointerEvent<HTMLDivElement>) {
      const own = line.current;
      if (!own || event.buttons === 0) return;
      const { x, y } = placeIn(event);
      // A fast finger is seen at few places.
      const steps = Math.ceil(Math.hypot(x - own.x, y - own.y) / STEP);
      for (let i = 1; i <= steps; i++) {
        const dot = dotAt(own.x + ((x - own.x) * i) / steps, own.y + ((y - own.y) * i) / steps);
        if (dot === undefined || dot === own.dot) continue;
        if (own.isPress) choose(own.dot);
        Object.assign(own, { dot, isPress: false });
        choose(dot);
      }
      Object.assign(own, { x, y });
    },
    onPointerUp: stop,
    onPointerCancel: stop,
  };
}

function placeIn(event: PointerEvent<HTMLDivElement>): { x: number; y: number } {
  const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
  return { x: ((event.clientX - left) / width) * 100, y: ((event.clientY - top) / height) * 100 };
}

const boardStyle = (view: ChallengeView): CSSProperties => ({
  position: 'relative',
  width: '100%',
  maxWidth: '24rem',
  margin: '0.75rem 0',
  aspectRatio: view.is === 'dots' ? '1' : '4 / 3',
  border: '1px solid currentColor',
  borderRadius: '0.5rem',
  boxSizing: 'border-box',
  userSelect: 'none',
  WebkitUserSelect: 'none',
  ...(view.is === 'dots' && { touchAction: 'pinch-zoom' }),
});

const itemStyle = ({ x, y }: BoardItem, view: ChallengeView, isChosen: boolean): CSSProperties => ({
  position: 'absolute',
  left: `${x}%`,
  top: `${y}%`,
  transform: 'translate(-50%, -50%)',
  width: view.is === 'dots' ? '17%' : '14%',
  aspectRatio: '1',
  minWidth: '2.25rem',
  padding: 0,
  display: 'grid',
  placeItems: 'center',
  cursor: 'pointer',
  font: 'inherit',
  lineHeight: 1,
  fontSize: view.is === 'dots' ? '1.25rem' : 'min(1.75rem, 8vw)',
  borderRadius: view.is === 'dots' ? '50%' : '0.5rem',
  border: view.is === 'dots' ? '2px solid currentColor' : '1px solid transparent',
  background: isChosen ? 'Highlight' : view.is === 'dots' ? 'Canvas' : 'transparent',
  color: isChosen ? 'HighlightText' : view.is === 'dots' ? 'CanvasText' : 'inherit',
});

const pictureStyle: CSSProperties = { width: '100%', height: '100%', objectFit: 'contain', display: 'block' };
const pathStyle: CSSProperties = { position: 'absolute', inset: 0, width: '100%', height: '100%' };
