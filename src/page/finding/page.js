'use strict';
// Shows two scenes at a time: the state before an operation and the one after it.
for (const steps of document.querySelectorAll('.steps')) {
  const scenes = [...steps.querySelectorAll('.scene')];
  const range = steps.querySelector('input');
  const show = () => {
    const at = Number(range.value);
    scenes.forEach((scene, i) => {
      scene.hidden = i !== at && i !== at - 1;
      scene.classList.toggle('after', i === at);
      scene.classList.toggle('before', i === at - 1);
    });
    range.setAttribute('aria-valuetext', scenes[at].querySelector('figcaption').textContent);
    for (const line of document.querySelectorAll('.listing .now')) line.classList.remove('now');
    const line = document.getElementById('L' + scenes[at].dataset.line);
    if (line) line.classList.add('now');
  };
  const go = (at) => { range.value = at; show(); };
  steps.querySelector('.back').onclick = () => go(Number(range.value) - 1);
  steps.querySelector('.on').onclick = () => go(Number(range.value) + 1);
  steps.querySelector('.controls .culprit').onclick = () => go(steps.dataset.culprit);
  range.oninput = show;
  steps.querySelector('.controls').hidden = false;
  // Bring the object into view where the picture is wider than the page.
  for (const scene of scenes) {
    const canvas = scene.querySelector('.canvas');
    const focus = scene.querySelector('.focus rect');
    if (focus && !scene.hidden) {
      const [box, around] = [focus.getBoundingClientRect(), canvas.getBoundingClientRect()];
      canvas.scrollLeft += box.left + box.width / 2 - around.left - around.width / 2;
    }
  }
}
// The blamed line is in view where the text is longer than its box.
const hit = document.querySelector('.listing .hit');
if (hit) {
  const box = hit.closest('.listing');
  box.scrollTop += hit.getBoundingClientRect().top - box.getBoundingClientRect().top - box.clientHeight / 2;
}
