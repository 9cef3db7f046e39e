'use strict';
// Shows two scenes at a time: the state before an operation and the one after it.
for (const steps of document.querySelectorAll('.steps')) {
  const scenes = [...steps.querySelectorAll('.scene')];
  const canvases = scenes.map((scene) => scene.querySelector('.canvas'));
  const range = steps.querySelector('input');
  // All pictures have the same places, so they are scrolled together.
  let scrolled = [0, 0];
  const scroll = () => canvases.forEach((canvas) => canvas.scrollTo(...scrolled));
  for (const canvas of canvases) {
    canvas.onscroll = () => {
      scrolled = [canvas.scrollLeft, canvas.scrollTop];
      scroll();
    };
  }
  const show = () => {
    const at = Number(range.value);
    scenes.forEach((scene, i) => {
      scene.hidden = i !== at && i !== at - 1;
      scene.classList.toggle('after', i === at);
      scene.classList.toggle('before', i === at - 1);
    });
    scroll();
    range.setAttribute('aria-valuetext', scenes[at].querySelector('figcaption').textContent);
    for (const line of document.querySelectorAll('.listing .now')) line.classList.remove('now');
    const line = document.getElementById('L' + scenes[at].dataset.line);
    if (line) line.classList.add('now');
  };
  const go = (at) => {
    range.value = at;
    show();
  };
  steps.querySelector('.back').onclick = () => go(Number(range.value) - 1);
  steps.querySelector('.on').onclick = () => go(Number(range.value) + 1);
  steps.querySelector('.controls .culprit').onclick = () => go(steps.dataset.culprit);
  range.oninput = show;
  steps.querySelector('.controls').hidden = false;
  // Bring the object into view where the picture is larger than its box.
  const shown = scenes.find((scene) => !scene.hidden && scene.querySelector('.focus rect'));
  if (shown) {
    const canvas = shown.querySelector('.canvas');
    const box = shown.querySelector('.focus rect').getBoundingClientRect();
    const around = canvas.getBoundingClientRect();
    scrolled = [
      box.left + box.width / 2 - around.left - around.width / 2,
      box.top + box.height / 2 - around.top - around.height / 2,
    ];
    scroll();
  }
}
// The blamed line is in view where the text is longer than its box.
const hit = document.querySelector('.listing .hit');
if (hit) {
  const box = hit.closest('.listing');
  box.scrollTop += hit.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
}
