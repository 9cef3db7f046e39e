//! x
fn main(){ use gcdiff::*; use std::time::Instant;
 let mut v=vec![]; let (mut tg,mut tj)=(0u128,0u128);
 let n:u64=std::env::args().nth(1).unwrap().parse().unwrap();
 let timing = match std::env::args().nth(2).as_deref() {Some("end")=>oracle::Timing::At(engine::Grain::End),Some("every")=>oracle::Timing::At(engine::Grain::Every),_=>oracle::Timing::Sampled};
 let o=oracle::Options{timing,..Default::default()};
 for i in 0..n { let t=Instant::now(); let inp=generate::input(1,i); let r=generate::case(&inp); tg+=t.elapsed().as_micros(); 
  if let Ok((c,m))=r { let t=Instant::now(); let j=oracle::judge_module(&c,&m,&o).unwrap(); let e=t.elapsed().as_micros(); tj+=e;
   v.push((e,i,case::print_schedule(&c.schedule),j.facts[1].1)); } }
 v.sort_by_key(|x|x.0); v.reverse(); println!("gen {} judge {} avg us", tg/n as u128, tj/n as u128);
 for x in v.iter().take(12){println!("{x:?}");} println!("median {:?}",v[v.len()/2]);
}
