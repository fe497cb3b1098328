import type { ReactNode } from 'react';

/** What the box said, for the reader; `own`: its English sentence, where that says more than `text` in another language. */
export interface Words {
  text: string;
  own?: string | undefined;
}

export const Said = ({ text, own }: Omit<Words, 'text'> & { text: ReactNode }) => (
  <>
    {text}
    {own !== undefined && (
      <span lang="en" className="muted" style={{ display: 'block' }}>
        {own}
      </span>
    )}
  </>
);
