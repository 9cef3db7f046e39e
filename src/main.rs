//! x
use gcdiff::engine::*;use gcdiff::heap::*;use gcdiff::module::*;use std::sync::Arc;
fn go<H:Heap>(h:H,m:&Arc<Module>,arg:u64){
  let mut l=Limits::default(); l.fuel=u64::MAX; l.heap_bytes=1<<34;
  let mut s=Store::new(h,l,Schedule::Never);
  let id=s.link(m,&[]).unwrap(); s.start(id,&mut NoHost,&mut Blind).unwrap();
  let Some(e)=m.export("run") else{panic!()}; let Extern::Func(f)=s.instances()[id as usize].item(e) else{panic!()};
  let t=std::time::Instant::now();
  let r=s.call(f,&[arg],&mut NoHost,&mut Blind);
  println!("{:?} {} {:?} {:?}",r,s.result(0) as i32,t.elapsed(),s.heap.stats());
}
fn main(){
  let a:Vec<String>=std::env::args().collect();
  let w=wat::parse_file(&a[1]).unwrap(); let mut t=Default::default();
  let m=Arc::new(Module::new(&w,&mut t).unwrap());
  if a.len()>3 { for (i,o) in m.ops.iter().enumerate(){println!("{i} {o:?}");} }
  let arg:u64=a[2].parse().unwrap();
  go(gcdiff::heap::null::Null::new(1<<31),&m,arg);
  go(gcdiff::heap::drc::Drc::new(1<<31),&m,arg);
}
