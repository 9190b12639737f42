// Keys of the rating screen: digits rate, arrows turn, U takes back. Buttons do the same.
const pressed = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
let sent = false;

document.addEventListener('keydown', (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || sent) return;
  if (event.target.closest('input, textarea, select')) return;
  const key = event.key === 'Backspace' ? 'u' : event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const place = pressed(key);
  if (!place) return;
  event.preventDefault();
  sent = true; // the next page listens anew
  place.classList.add('struck');
  place.click();
});
// A page that the browser brings back from its memory listens again.
window.addEventListener('pageshow', () => { sent = false; });
