import { config } from 'zod';

// zod compiles validators with `new Function` where it may and probes for that; the page's content security policy
// forbids it and would report each probe. Schemas read this when they are made, so this module is imported first.
config({ jitless: true });
