import { useEffect, useState } from 'react';

type Features = Record<string, unknown>;

interface Script {
  debug(): { features: Features };
}

interface PageWithScript extends Window {
  Gatehouse?: Script;
}

const ADDRESS = '/sdk/gatehouse.js';
/** Milliseconds between two looks at the figures. */
const EVERY = 1_000;

/** The script that other pages load, in this one: it collects from the moment in which a page asks for it here. */
export function useOwnCollector(): { features: Features | undefined; failed: boolean } {
  const [features, setFeatures] = useState<Features>();
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    const page = window as PageWithScript;
    const look = () => setFeatures(page.Gatehouse?.debug().features);
    if (!page.Gatehouse && !document.querySelector(`script[src="${ADDRESS}"]`)) {
      const script = document.createElement('script');
      script.src = ADDRESS;
      script.onload = look;
      script.onerror = () => {
        script.remove();
        setFailed(true);
      };
      document.head.append(script);
    }
    look();
    const timer = setInterval(look, EVERY);
    return () => clearInterval(timer);
  }, []);
  return { features, failed };
}
