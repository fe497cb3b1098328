import { z } from 'zod';

// zod tries `new Function` otherwise, which the content security policy refuses and reports.
z.config({ jitless: true });
