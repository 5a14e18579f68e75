: f undefined-word ;
