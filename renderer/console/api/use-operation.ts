import { type QueryClient, useMutation, useQueryClient } from '@tanstack/react-query';
import { toast as show } from '../../ui/layout/toasts.tsx';
import { Refusal } from '../../ui/refusal.ts';
import { AnswerLost } from './answer-lost.ts';

type Toast = string | readonly [title: string, text: string | undefined];
/** Names of what is read again: the resource in the path of its route, or the first part of its key. */
type Names = readonly string[] | 'all';

export interface OperationEffects<Reply, Input> {
  toast?: Toast | ((reply: Reply, input: Input) => Toast);
  refresh?: Names | undefined;
  /** As `refresh`, after a failure too: a part may have been done. */
  settled?: Names;
  /** While what was changed is read again. */
  done?: (reply: Reply, input: Input) => unknown;
  /** Sentences about single fields belong to the form. */
  refused?: (refusal: Refusal) => void;
}

/** Everything shown, once the box answers: without that a screen would be replaced by its error, and what was typed would be lost. */
async function readAgain(queryClient: QueryClient): Promise<void> {
  await queryClient.invalidateQueries({ refetchType: 'none' });
  await queryClient.refetchQueries({ queryKey: ['session'] }, { throwOnError: true }).then(
    () => queryClient.refetchQueries({ type: 'active', stale: true }),
    () => undefined,
  );
}

/** Changes something: says so, and has what it changed read again. `run` of the result does nothing of that. */
export function useOperation<Reply, Input = void>(
  run: (input: Input) => Promise<Reply>,
  { toast, refresh = [], settled, done, refused }: OperationEffects<Reply, Input> = {},
) {
  const queryClient = useQueryClient();
  const changed = refresh === 'all' ? [{}] : refresh.map((name) => ({ queryKey: [name] }));
  const mutation = useMutation<Reply, Error, Input>({
    mutationFn: run,
    async onSuccess(reply, input) {
      const said = typeof toast === 'function' ? toast(reply, input) : toast;
      if (typeof said === 'string') show(said);
      else if (said) show(said[0], { text: said[1] });
      // What is shown then is read anew; what is left is not asked for again: it may be gone.
      for (const one of changed) void queryClient.invalidateQueries({ ...one, refetchType: 'none' });
      await done?.(reply, input);
      await Promise.all(
        changed.map((one) =>
          queryClient.refetchQueries({ ...one, type: 'active', stale: true }, { cancelRefetch: false }),
        ),
      );
    },
    onError(error) {
      if (error instanceof Refusal) refused?.(error);
      if (error instanceof AnswerLost) void readAgain(queryClient);
    },
    onSettled: settled && (() => invalidateAll(queryClient, settled)),
  });
  return { ...mutation, run };
}

const invalidateAll = (queryClient: QueryClient, names: Names) =>
  names === 'all'
    ? queryClient.invalidateQueries()
    : Promise.all(names.map((name) => queryClient.invalidateQueries({ queryKey: [name] })));
