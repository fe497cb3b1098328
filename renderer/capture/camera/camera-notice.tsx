import type { ReactNode } from 'react';
import { useStrings } from '../../ui/strings/use-strings.ts';
import styles from './camera.module.css';
import type { CameraFault } from './camera-fault.ts';
import { cameraStrings } from './camera-strings.ts';

/** What is wrong with the camera, and ways on: to start it again, and those of the page. */
export function CameraNotice({
  fault,
  restart,
  children,
}: {
  fault: CameraFault | undefined;
  restart(): void;
  children?: ReactNode;
}) {
  const t = useStrings(cameraStrings);
  // Always there: a live region is read out where its text changes.
  return (
    <div role="status" className={fault ? styles.notice : undefined} data-fault={fault}>
      {fault && (
        <>
          <b>{t(`${fault}Title`)}</b>
          <p>{t(`${fault}Text`)}</p>
          <p className={styles.ways}>
            <button type="button" className={styles.way} onClick={restart}>
              {t('restart')}
            </button>
            {children}
          </p>
        </>
      )}
    </div>
  );
}
