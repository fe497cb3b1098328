import { Textarea } from '@mantine/core';
import { type DragEvent, useRef } from 'react';
import { Button } from '../../../ui/controls/button.tsx';
import { Row, Stack } from '../../../ui/layout/layout.tsx';
import { useStrings } from '../../../ui/strings/use-strings.ts';
import { setupStrings } from './strings.ts';

/** As the box takes it. */
const MOST = 64 * 1024;

/** A PEM text: pasted, dropped, or from a file. */
export function PemField({
  label,
  hint,
  value,
  change,
  secret = false,
}: {
  label: string;
  hint: string;
  value: string;
  change(text: string): void;
  /** Not kept by the browser. */
  secret?: boolean;
}) {
  const shared = useStrings(setupStrings);
  const input = useRef<HTMLInputElement>(null);
  const take = async (file: File | undefined) => {
    if (file !== undefined && file.size <= MOST) change(await file.text());
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    void take(event.dataTransfer.files[0]);
  };
  return (
    <Stack gap={8}>
      <Textarea
        label={label}
        description={hint}
        value={value}
        rows={5}
        onChange={(event) => change(event.currentTarget.value)}
        onDragOver={(event) => event.preventDefault()}
        onDrop={onDrop}
        autoComplete="off"
        spellCheck={false}
        styles={{
          input: {
            fontFamily: 'var(--mono)',
            fontSize: '0.75rem',
            ...(secret && { WebkitTextSecurity: 'disc' }),
          },
        }}
      />
      <Row>
        <Button small onClick={() => input.current?.click()}>
          {shared('chooseFile')}
        </Button>
        <input
          ref={input}
          type="file"
          hidden
          accept=".pem,.crt,.cer,.key,application/x-pem-file"
          aria-label={`${shared('chooseFile')}: ${label}`}
          onChange={({ target }) => {
            void take(target.files?.[0]);
            target.value = '';
          }}
        />
      </Row>
    </Stack>
  );
}
