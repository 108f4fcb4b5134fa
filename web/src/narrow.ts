import { useEffect, useState } from 'preact/hooks';

/** The width below which the style sheet lays out for a phone. */
const NARROW = '(max-width: 560px)';

/** Whether the window is as narrow as a phone, now and after it changes. */
export function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const media = matchMedia(NARROW);
    const update = (): void => setNarrow(media.matches);
    media.addEventListener('change', update);
    return () => media.removeEventListener('change', update);
  }, []);
  return narrow;
}
