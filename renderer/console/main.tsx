import './no-eval.ts';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { openNewLinks } from '../ui/new-link.ts';
import { PageProvider } from '../ui/theme/page-provider.tsx';
import { queryClient, router } from './router.ts';
import { openGate } from './session/open-gate.ts';

openGate(router, queryClient);
openNewLinks(() => location.hash.startsWith('#token='));
const place = document.getElementById('page');
if (!place) throw new Error('The page has no element #page.');
createRoot(place).render(
  <StrictMode>
    <PageProvider>
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </PageProvider>
  </StrictMode>,
);
