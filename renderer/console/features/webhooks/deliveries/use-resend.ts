import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from '../../../../ui/feedback/toasts.tsx';
import { useStrings } from '../../../../ui/strings/use-strings.ts';
import { admin, replyOf } from '../../../api/admin.ts';
import { useWorld } from '../../../session/session-query.ts';
import { deliveryStrings } from './delivery-strings.ts';

/** Sends a delivery again, with the same `webhook-id`. */
export function useResend() {
  const t = useStrings(deliveryStrings);
  const env = useWorld();
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      replyOf(admin.POST('/api/admin/deliveries/{id}/resend', { params: { path: { id }, query: { env } } })),
    async onSuccess({ name }) {
      toast(t('resentToast'), { text: name });
      await Promise.all([
        queryClient.invalidateQueries({ queryKey: ['deliveries'] }),
        queryClient.invalidateQueries({ queryKey: ['webhooks'] }),
      ]);
    },
  });
}
