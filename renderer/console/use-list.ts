import { type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';

/** The route of a list, and what it was asked for. */
export interface ListSource {
  path: string;
  parameters: Readonly<Record<string, unknown>>;
}

/** New rows come by themselves. */
export interface LiveList {
  paused: boolean;
  toggle(): void;
  /** When the rows were read last, ms since 1970. */
  at: number;
  /** The box did not answer the last time: what is shown is of `at`. */
  lost: boolean;
}

/** Between two reads, in milliseconds. */
const EVERY = 3_000;

/** A list for a `QueryTable`. `live`: its first page is read again and again, until the reader pauses it. */
export function useList<Data, Key extends QueryKey>(
  options: UseQueryOptions<Data, Error, Data, Key>,
  { live = false }: { live?: boolean } = {},
) {
  const [paused, setPaused] = useState(false);
  const query = useQuery({ ...options, ...(live && { refetchInterval: paused ? false : EVERY }) });
  const [, path, parameters] = options.queryKey as unknown as [string, string, object?];
  const source: ListSource = { path, parameters: { ...parameters } };
  const state: LiveList = {
    paused,
    toggle: () => setPaused(!paused),
    at: query.dataUpdatedAt,
    lost: query.isError,
  };
  return { ...query, source, live: live ? state : undefined };
}
