import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { send } from './api/send.ts';
import { Refused } from './load-failed.tsx';
import { useWorld } from './session/session-query.ts';

/** A sealed picture, by its path of the API: asked for once while the page is open, since each look is in the audit log, and kept nowhere after that. */
export function StoredPicture({ path, alt, className }: { path: string; alt: string; className?: string }) {
  const env = useWorld();
  const { data, error, refetch } = useQuery({
    queryKey: ['stored-picture', env, path],
    async queryFn({ signal }) {
      const url = new URL(path, location.origin);
      url.searchParams.set('env', env);
      return (await send(new Request(url, { signal }))).blob();
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const url = useObjectUrl(data);
  if (error) return <Refused of={{ error, refetch }} />;
  return url !== undefined && <img src={url} className={className} alt={alt} />;
}

function useObjectUrl(blob: Blob | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!blob) return;
    const made = URL.createObjectURL(blob);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return url;
}
