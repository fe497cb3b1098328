import { type ChallengeState, createChallengeRun } from '../huma/challenge-run.ts';
import { type BoardItem, type ChallengeView, nextItem, viewOf } from '../huma/challenge-view.ts';
import type { Challenge } from '../huma/messages.ts';
import type { Checked, CheckRequest } from './check-request.ts';
import { element } from './element.ts';
import { texts } from './texts.ts';

/** The challenge in a dialog over the page: for mouse, touch, keyboard and screen reader. */
export function showChallenge(
  first: Challenge,
  { connection, userId, language, action }: CheckRequest,
): Promise<Checked> {
  const { challenge: strings, close } = texts[language];
  return new Promise((resolve) => {
    let busy = false;
    let shown: string | undefined;
    let chosen: string[] = [];
    let view: ChallengeView;
    const instruction = element('p', { id: 'gatehouse-challenge', tabindex: -1, style: text });
    const hint = element('div');
    const board = element('div', { on: { keydown: (event) => move(event as KeyboardEvent) } });
    const status = element('p', { role: 'status', style: text });
    const ofPattern = element(
      'div',
      {},
      command(strings.check, () => chosen.length > 1 && answer(chosen.join('-'))),
      command(strings.undo, () => chosen.length > 0 && choose(chosen.at(-1)!)),
    );
    const open = element(
      'div',
      {},
      hint,
      board,
      ofPattern,
      element(
        'div',
        {},
        command(strings.accessible, () => void run.replace({ accessible: true })),
      ),
    );
    const again = element(
      'div',
      {},
      command(strings.again, () => void run.replace({ accessible: false })),
    );
    const dialog = element(
      'dialog',
      {
        lang: language,
        'aria-label': strings.title,
        'aria-describedby': instruction.id,
        style: dialogStyle,
        on: { cancel: () => end({ failed: 'closed' }) },
      },
      instruction,
      open,
      again,
      status,
      command(close, () => end({ failed: 'closed' })),
    );
    const run = createChallengeRun(first, {
      connection,
      userId,
      strings,
      language,
      action,
      show,
      onPassed: (token) => end({ token }),
      onBlocked: (why) => end({ failed: why === 'refused' ? 'refused' : 'bot' }),
      onError: () => {},
    });

    function end(checked: Checked): void {
      run.end();
      dialog.close?.();
      dialog.remove();
      resolve(checked);
    }
    function answer(given: string): void {
      if (!busy) void run.answer(given);
    }
    function move(event: KeyboardEvent): void {
      const from = (event.target as HTMLElement).dataset.item;
      const to = from === undefined ? undefined : nextItem(view.items, from, event.key);
      if (to === undefined) return;
      event.preventDefault();
      buttonOf(to)?.focus();
    }
    const buttonOf = (id: string) =>
      [...board.querySelectorAll('button')].find(({ dataset }) => dataset.item === id);

    /** Pressing the last dot again takes it back. */
    function choose(id: string): void {
      if (busy || view.is === 'targets') {
        answer(id);
        return;
      }
      const name = view.items.find((item) => item.id === id)!.name;
      const isLast = chosen.at(-1) === id;
      if (!isLast && chosen.includes(id)) return;
      chosen = isLast ? chosen.slice(0, -1) : [...chosen, id];
      status.textContent = isLast ? strings.undone(name) : strings.chosen(name, chosen.length);
      mark();
    }
    function mark(): void {
      for (const item of view.items) {
        const button = buttonOf(item.id)!;
        const position = chosen.indexOf(item.id) + 1;
        button.setAttribute('aria-label', position > 0 ? strings.chosen(item.name, position) : item.name);
        if (view.is !== 'dots') continue;
        button.setAttribute('aria-pressed', String(position > 0));
        button.textContent = position > 0 ? String(position) : '';
        Object.assign(
          button.style,
          position > 0
            ? { background: 'Highlight', color: 'HighlightText' }
            : { background: 'Canvas', color: 'CanvasText' },
        );
      }
    }
    function draw(challenge: Challenge): void {
      shown = challenge.challenge_id;
      chosen = [];
      view = viewOf(challenge, strings);
      const isPattern = view.is === 'dots';
      instruction.textContent = view.instruction;
      hint.replaceChildren(...hintOf(view));
      Object.assign(board.style, boardStyle, { aspectRatio: isPattern ? '1' : '4 / 3' });
      board.replaceChildren(...view.items.map((item) => buttonFor(item, isPattern, () => choose(item.id))));
      ofPattern.hidden = !isPattern;
      mark();
      instruction.focus();
    }
    const hintOf = ({ hint, hintPicture }: ChallengeView): Node[] =>
      hintPicture !== undefined
        ? [element('img', { src: hintPicture, alt: strings.path, style: { maxWidth: '12rem' } })]
        : hint === undefined
          ? []
          : [element('p', { style: text }, hint)];

    function show({ is, challenge, status: said }: ChallengeState): void {
      busy = is !== 'open';
      board.setAttribute('aria-busy', String(is === 'checking'));
      if (is === 'open' && challenge.challenge_id !== shown) draw(challenge);
      else if (is === 'open') {
        chosen = [];
        mark();
      }
      open.hidden = is === 'expired';
      again.hidden = is !== 'expired';
      status.textContent = said;
      if (is === 'expired') again.querySelector('button')?.focus();
    }

    document.body.append(dialog);
    if (dialog.showModal) dialog.showModal();
    else dialog.setAttribute('open', '');
    show({ is: 'open', challenge: first, status: '' });
  });
}

const command = (label: string, act: () => void) =>
  element('button', { type: 'button', style: commandStyle, on: { click: act } }, label);

function buttonFor({ id, x, y, text: emoji, picture }: BoardItem, isDot: boolean, act: () => void) {
  const style = {
    ...itemStyle,
    left: `${x}%`,
    top: `${y}%`,
    width: isDot ? '17%' : '14%',
    borderRadius: isDot ? '50%' : '0.5rem',
    border: isDot ? '2px solid currentColor' : '1px solid transparent',
    background: 'transparent',
    color: 'inherit',
  };
  const shown = picture
    ? element('img', { src: picture, alt: '', style: { width: '100%', height: '100%' } })
    : element('span', { 'aria-hidden': true }, emoji ?? '');
  return element('button', { type: 'button', 'data-item': id, style, on: { click: act } }, shown);
}

const text = { margin: '0.25rem 0' };
const commandStyle = {
  font: 'inherit',
  minHeight: '2.75rem',
  padding: '0 1rem',
  margin: '0.25rem 0.5rem 0.25rem 0',
};
const dialogStyle = {
  boxSizing: 'border-box',
  width: 'min(26rem, 100vw)',
  maxHeight: '100vh',
  padding: '1rem',
  border: '1px solid currentColor',
  borderRadius: '0.5rem',
  background: 'Canvas',
  color: 'CanvasText',
  font: '1rem/1.4 system-ui, sans-serif',
};
const boardStyle = {
  position: 'relative',
  boxSizing: 'border-box',
  width: '100%',
  margin: '0.75rem 0',
  border: '1px solid currentColor',
  borderRadius: '0.5rem',
  userSelect: 'none',
};
const itemStyle = {
  position: 'absolute',
  transform: 'translate(-50%, -50%)',
  aspectRatio: '1',
  minWidth: '2.25rem',
  padding: '0',
  display: 'grid',
  placeItems: 'center',
  cursor: 'pointer',
  font: 'inherit',
  fontSize: 'min(1.75rem, 8vw)',
  lineHeight: '1',
};
