import { FileInput, type FileInputProps } from '@mantine/core';
import { type DragEvent, type ReactNode, useState } from 'react';
import { uiStrings } from '../strings/ui-strings.ts';
import { useStrings } from '../strings/use-strings.ts';
import styles from './form.module.css';

/** Takes files that are dropped on it, folders with what is in them. What is inside does the same by keyboard. */
export function DropZone({
  busy = false,
  drop,
  children,
}: {
  busy?: boolean;
  drop(files: readonly File[]): void;
  children: ReactNode;
}) {
  const [over, setOver] = useState(false);
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (busy) return;
    void filesOf(event.dataTransfer).then((files) => files.length > 0 && drop(files));
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the mouse; the buttons inside do the same by keyboard
    <div
      className={styles.zone}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={onDrop}
    >
      {children}
    </div>
  );
}

/** A file of a folder says its path as one does that was chosen with its folder. Entries are read before the event is over. */
async function filesOf({ items, files }: DataTransfer): Promise<File[]> {
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  if (!entries.some(({ isDirectory }) => isDirectory)) return [...files];
  // Several are as if the folder that they are in had been chosen.
  const root = entries.length > 1 ? 'dropped' : '';
  return (await Promise.all(entries.map((entry) => filesIn(entry, root)))).flat();
}

async function filesIn(entry: FileSystemEntry, root: string): Promise<File[]> {
  if (entry.isDirectory) {
    const inside = await readAll((entry as FileSystemDirectoryEntry).createReader());
    return (await Promise.all(inside.map((one) => filesIn(one, root)))).flat();
  }
  const file = await new Promise<File>((resolve, reject) =>
    (entry as FileSystemFileEntry).file(resolve, reject),
  );
  Object.defineProperty(file, 'webkitRelativePath', { value: (root + entry.fullPath).replace(/^\//, '') });
  return [file];
}

/** A reader gives at most a hundred at a time. */
async function readAll(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  const found: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return found;
    found.push(...part);
  }
}

/** A field for files; an empty one says that they are chosen here. */
export function FileChoice<Multiple extends boolean = false>(props: FileInputProps<Multiple>) {
  const t = useStrings(uiStrings);
  return <FileInput clearable placeholder={t('chooseFile')} {...props} />;
}
