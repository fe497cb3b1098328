/** As a camera draws. */
export type Drawing = 'face' | 'grey' | 'black' | 'covered' | 'still';

/** Run in the page: a camera that gives a drawing; with `noise`, a browser that gives noise instead of what a canvas holds. */
export const replaceCamera = (drawing: Drawing, label: string, noise: boolean) => `{
  const [drawing, label, noise] = ${JSON.stringify([drawing, label, noise])};
  const own = navigator.mediaDevices;
  own.enumerateDevices = async () => [{ deviceId: 'a', groupId: '', kind: 'videoinput', label }];
  own.getUserMedia = async () => {
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: 640, height: 480 });
    const context = canvas.getContext('2d');
    let at = 0;
    const draw = () => {
      at += 1;
      context.fillStyle = { black: '#000', covered: '#6e2a20', grey: '#a4a4a4' }[drawing] ?? '#9aa4ae';
      context.fillRect(0, 0, 640, 480);
      if (drawing === 'covered') {
        context.fillStyle = at % 2 ? '#6f2a20' : '#6d2a20';
        context.fillRect(0, 0, 320, 480);
      } else if (drawing !== 'black') {
        context.fillStyle = drawing === 'grey' ? '#c0c0c0' : '#d8a68a';
        context.beginPath();
        context.ellipse(320 + (drawing === 'still' ? 0 : (at % 9) * 2), 240, 130, 180, 0, 0, 7);
        context.fill();
      }
    };
    draw();
    setInterval(draw, 66);
    const stream = canvas.captureStream(15);
    Object.defineProperty(stream.getVideoTracks()[0], 'label', { value: label });
    return stream;
  };
  if (noise) {
    const read = CanvasRenderingContext2D.prototype.getImageData;
    CanvasRenderingContext2D.prototype.getImageData = function (...place) {
      const image = read.apply(this, place);
      crypto.getRandomValues(image.data);
      return image;
    };
  }
}`;
